// Adds the gradients of the first of two hidden layers, d_b0 = sum d_0 and d_W0 = sum d_0 x, from the gradient d_0 of its
// units before their activation.
// conditions x [n_couplings N_INPUT, n_quads]; d_first: d_0 [nets HIDDEN_0, n_quads]; gradients: laid out as parameters.
// One invocation owns one unit of one net and sums over the rows in ascending order; lanes pass x to each other.
// docs/derivations.md, eq. (23), (24)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/lanes.wgsl"
#include "shared/net_start.wgsl"

struct Params {
  n_quads: u32,
  n_nets: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> conditions: array<vec4f>;
@group(0) @binding(2) var<storage, read> d_first: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(FUSED_GROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
#if SUBGROUPS
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
#endif
) {
#if SUBGROUPS
  let lane = subgroup_lane % LANES;
#else
  let lane = 0u;
#endif
  let net = group.y;
  let start = start_of_net(net);
  let first_condition = net / N_NETS * N_INPUT * params.n_quads;
  let unit = group.x * FUSED_GROUP_SIZE + local;
  let row = (net * HIDDEN_0 + min(unit, HIDDEN_0 - 1u)) * params.n_quads;

  var d_bias = vec4f();
#unroll i N_INPUT
  var d_weight_$i = vec4f();
#end
  for (var first = 0u; first < params.n_quads; first += LANES) {
    let own_quad = min(first + lane, params.n_quads - 1u);
#unroll i N_INPUT
    let own_x_$i = conditions[first_condition + $i * params.n_quads + own_quad];
#end
#unroll k LANES
    {
      let quad = first + $k;
      let d = select(vec4f(), d_first[row + min(quad, params.n_quads - 1u)], quad < params.n_quads);
      d_bias += d;
#unroll i N_INPUT
      d_weight_$i = fma(d, quad_of_lane(own_x_$i, $k), d_weight_$i);
#end
    }
#end
  }
  if (unit >= HIDDEN_0) {
    return;
  }
  gradients[start + (HIDDEN_0 * N_INPUT + 3u) / 4u * 4u + unit] += sum_of_quad(d_bias);
#unroll i N_INPUT
  gradients[start + unit * N_INPUT + $i] += sum_of_quad(d_weight_$i);
#end
}

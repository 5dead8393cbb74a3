// Gradient of the middle of three hidden layers before its activation, d_1 = phi'(a1) W2^T d_2 with
// d_2 = phi'(a2) W^T d_out, written over a1.
// d_outputs [n_couplings 2 N_TRANSFORM, n_quads]; hiddens: a1 -> d_1 [nets HIDDEN_1, n_quads], a2 [nets HIDDEN_2, n_quads].
// One invocation owns four rows (a quad) of N_KEPT middle units of one net and adds up the last units in
// ascending order; the lanes load their weights and share them. docs/derivations.md, eq. (21), (22), (70)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/activation.wgsl"
#include "shared/lanes.wgsl"
#include "shared/net_weights.wgsl"

struct Params {
  n_quads: u32,
  n_couplings: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

const N_KEPT: u32 = N_BLOCKS * 4u * LANES;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
@group(0) @binding(3) var<storage, read> d_outputs: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> hiddens: array<vec4f>;

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
  let net = group.z;
  let start = start_of_net(net);
  let first_output = net * N_OUT * params.n_quads;
  let first_a_1 = net * HIDDEN_1;
  let first_a_2 = params.n_couplings * N_NETS * HIDDEN_1 + net * HIDDEN_2;
  let first_middle = group.y * N_KEPT;
  // Invocations past the end run along, because other lanes need the weights that they load.
  let invocation = group.x * FUSED_GROUP_SIZE + local;
  let is_quad = invocation < params.n_quads;
  let quad = min(invocation, params.n_quads - 1u);

#unroll c N_OUT
  let d_out_$c = d_outputs[first_output + $c * params.n_quads + quad];
#end
  // An extra, unused element keeps Mesa from unrolling the loop that reads the array.
  var d_hidden = array<vec4f, N_KEPT + 1u>();
  for (var o = 0u; o < HIDDEN_2; o++) {
    var d_unit = vec4f();
#unroll c N_OUT
    d_unit += parameters[start + WEIGHT_OUT + $c * HIDDEN_2 + o] * d_out_$c;
#end
    let d_2 = d_unit * activate(hiddens[(first_a_2 + o) * params.n_quads + quad]).derivative;
    let row = start + WEIGHT_2 + o * HIDDEN_1;
#unroll b N_BLOCKS
    let own_$b = quad_of_row(row, first_middle + 4u * ($b * LANES + lane), HIDDEN_1);
#end
#unroll b N_BLOCKS
#unroll k LANES
    {
      let weights = quad_of_lane(own_$b, $k);
#unroll u 4
      d_hidden[4u * ($b * LANES + $k) + $u] = fma(vec4f(weights[$u]), d_2, d_hidden[4u * ($b * LANES + $k) + $u]);
#end
    }
#end
#end
  }
  if (!is_quad) {
    return;
  }
  for (var k = 0u; k < min(N_KEPT, HIDDEN_1 - first_middle); k++) {
    let place = (first_a_1 + first_middle + k) * params.n_quads + quad;
    hiddens[place] = activate(hiddens[place]).derivative * d_hidden[k];
  }
}

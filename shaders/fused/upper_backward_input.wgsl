// Gradient of the last but one of several hidden layers before its activation, d = phi'(a) W'^T d' with d' = phi'(a') W^T
// d_out. Of three layers it is written over a. FIRST: of two layers a = W0 x + b0 is computed again, and d goes to d_first.
// conditions x [n_couplings N_INPUT, n_quads]; d_outputs [n_couplings N_COUPLING_OUT, n_quads]; hiddens: a -> d [nets
// N_MIDDLE, n_quads] unless FIRST, then a' [nets N_LAST, n_quads]; d_first [nets HIDDEN_0, n_quads].
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
#if FIRST
@group(0) @binding(3) var<storage, read> conditions: array<vec4f>;
#endif
@group(0) @binding(4) var<storage, read> d_outputs: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> hiddens: array<vec4f>;
#if FIRST
@group(0) @binding(6) var<storage, read_write> d_first: array<vec4f>;
#endif

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
  let first_a_middle = net * N_MIDDLE;
#if FIRST
  let first_a_last = net * N_LAST;
#else
  let first_a_last = params.n_couplings * N_NETS * N_MIDDLE + net * N_LAST;
#endif
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
  for (var o = 0u; o < N_LAST; o++) {
    var d_unit = vec4f();
#unroll c N_OUT
    d_unit += parameters[start + WEIGHT_OUT + $c * N_LAST + o] * d_out_$c;
#end
    let d_last = d_unit * activate(hiddens[(first_a_last + o) * params.n_quads + quad]).derivative;
    let row = start + WEIGHT_LAST + o * N_MIDDLE;
#unroll b N_BLOCKS
    let own_$b = quad_of_row(row, first_middle + 4u * ($b * LANES + lane), N_MIDDLE);
#end
#unroll b N_BLOCKS
#unroll k LANES
    {
      let weights = quad_of_lane(own_$b, $k);
#unroll u 4
      d_hidden[4u * ($b * LANES + $k) + $u] = fma(vec4f(weights[$u]), d_last, d_hidden[4u * ($b * LANES + $k) + $u]);
#end
    }
#end
#end
  }
#if FIRST
#unroll i N_INPUT
  let x_$i = conditions[(net / N_NETS * N_INPUT + $i) * params.n_quads + quad];
#end
  var derivatives = array<vec4f, N_KEPT + 1u>();
#unroll b N_BLOCKS
  {
    let first = first_middle + 4u * ($b * LANES + lane);
    let own_bias = quad_of_row(start + BIAS_0, first, HIDDEN_0);
#unroll i N_INPUT
    let own_weights_$i = quad_of_row(start, N_INPUT * first + 4u * $i, BIAS_0);
#end
#unroll k LANES
    {
      let bias = quad_of_lane(own_bias, $k);
      var weights: array<vec4f, N_INPUT>;
#unroll i N_INPUT
      weights[$i] = quad_of_lane(own_weights_$i, $k);
#end
#unroll u 4
      {
        const kept = 4u * ($b * LANES + $k) + $u;
        var a = vec4f(bias[$u]);
#unroll i N_INPUT
        a = fma(vec4f(weights[($u * N_INPUT + $i) / 4u][($u * N_INPUT + $i) % 4u]), x_$i, a);
#end
        derivatives[kept] = activate(a).derivative;
      }
#end
    }
#end
  }
#end
#endif
  if (!is_quad) {
    return;
  }
  for (var k = 0u; k < min(N_KEPT, N_MIDDLE - first_middle); k++) {
    let place = (first_a_middle + first_middle + k) * params.n_quads + quad;
#if FIRST
    d_first[place] = derivatives[k] * d_hidden[k];
#else
    hiddens[place] = activate(hiddens[place]).derivative * d_hidden[k];
#endif
  }
}

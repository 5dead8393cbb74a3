// Gradients of the upper layers of nets with three hidden layers, h1 = phi(a1), h2 = phi(a2 = W2 h1 + b2), out = W h2 + b,
// from d_out per row: d_W = sum d_out h2, d_b = sum d_out, d_b2 = sum d_2 with d_2 = phi'(a2) W^T d_out, and
// d_W2 = sum d_2 h1; added to what is there.
// d_outputs [n_couplings 2 N_TRANSFORM, n_quads]; hiddens: a1 [nets HIDDEN_1, n_quads], then a2 [nets HIDDEN_2, n_quads];
// gradients: laid out as parameters.
// One invocation owns 4 middle by N_LAST_UNITS last units of one net and sums over the rows in ascending order; lanes
// hand each other the rows of d_2. docs/derivations.md, eq. (20) to (24), (44)
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

const N_MIDDLE: u32 = 4u * FUSED_GROUP_SIZE;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
@group(0) @binding(3) var<storage, read> d_outputs: array<vec4f>;
@group(0) @binding(4) var<storage, read> hiddens: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gradients: array<f32>;

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
  let start = params.net_start + (net / N_NETS) * params.coupling_stride + (net % N_NETS) * params.net_stride;
  let first_output = net * N_OUT * params.n_quads;
  let first_a_1 = net * HIDDEN_1;
  let first_a_2 = params.n_couplings * N_NETS * HIDDEN_1 + net * HIDDEN_2;
  let first_last = group.y * N_LAST_UNITS;
  let first_middle = group.x * N_MIDDLE + 4u * local;

#unroll u 4
  let row_$u = (first_a_1 + min(first_middle + $u, HIDDEN_1 - 1u)) * params.n_quads;
#end
#unroll o N_LAST_UNITS
  let last_$o = min(first_last + $o, HIDDEN_2 - 1u);
  var d_bias_2_$o = vec4f();
#unroll u 4
  var d_weight_2_$o$u = vec4f();
#end
#unroll c N_OUT
  let out_$o$c = parameters[start + WEIGHT_OUT + $c * HIDDEN_2 + last_$o];
  var d_out_weight_$o$c = vec4f();
#end
#end
  for (var first = 0u; first < params.n_quads; first += LANES) {
    let quad = min(first + lane, params.n_quads - 1u);
#unroll c N_OUT
    let own_d_$c = select(vec4f(), d_outputs[first_output + $c * params.n_quads + quad], first + lane < params.n_quads);
#end
#unroll o N_LAST_UNITS
    let unit_$o = activate(hiddens[(first_a_2 + last_$o) * params.n_quads + quad]);
    var own_d_unit_$o = vec4f();
#unroll c N_OUT
    own_d_unit_$o += own_d_$c * out_$o$c;
    d_out_weight_$o$c += own_d_$c * unit_$o.value;
#end
    let own_d_2_$o = own_d_unit_$o * unit_$o.slope;
    d_bias_2_$o += own_d_2_$o;
#end
#unroll k LANES
    {
      // Past the end d_2 is zero.
      let handed = min(first + $k, params.n_quads - 1u);
#unroll u 4
      let h_$u = activate(hiddens[row_$u + handed]).value;
#end
#unroll o N_LAST_UNITS
      {
        let d_2 = quad_of_lane(own_d_2_$o, $k);
#unroll u 4
        d_weight_2_$o$u = fma(d_2, h_$u, d_weight_2_$o$u);
#end
      }
#end
    }
#end
  }

#unroll o N_LAST_UNITS
  if (first_last + $o < HIDDEN_2) {
    let row = start + WEIGHT_2 + last_$o * HIDDEN_1 + first_middle;
#unroll u 4
    if (first_middle + $u < HIDDEN_1) {
      gradients[row + $u] += sum_of_quad(d_weight_2_$o$u);
    }
#end
  }
#end

  // Of the last units and the outputs: the lanes hold the sums over their own rows.
#unroll o N_LAST_UNITS
  let total_bias_2_$o = sum_of_lanes(d_bias_2_$o);
#unroll c N_OUT
  let total_out_weight_$o$c = sum_of_lanes(d_out_weight_$o$c);
#end
#end
  if (group.x > 0u || local > 0u) {
    return;
  }
#unroll o N_LAST_UNITS
  if (first_last + $o < HIDDEN_2) {
    gradients[start + BIAS_2 + first_last + $o] += total_bias_2_$o;
#unroll c N_OUT
    gradients[start + WEIGHT_OUT + $c * HIDDEN_2 + first_last + $o] += total_out_weight_$o$c;
#end
  }
#end
  if (group.y > 0u) {
    return;
  }
#unroll c N_OUT
  {
    var sum = vec4f();
    for (var quad = 0u; quad < params.n_quads; quad++) {
      sum += d_outputs[first_output + $c * params.n_quads + quad];
    }
    gradients[start + BIAS_OUT + $c] += sum_of_quad(sum);
  }
#end
}

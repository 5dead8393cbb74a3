// Adds the gradients of the upper layers of nets with three hidden layers, h1 = phi(a1), h2 = phi(a2 = W2 h1
// + b2), out = W h2 + b, from d_out per row: d_W = sum d_out h2, d_b = sum d_out, d_b2 = sum d_2 with d_2 =
// phi'(a2) W^T d_out, and d_W2 = sum d_2 h1.
// d_outputs [n_couplings N_COUPLING_OUT, n_quads]; hiddens: a1 [nets HIDDEN_1, n_quads], then a2 [nets HIDDEN_2, n_quads];
// gradients: laid out as parameters.
// A workgroup of LANES invocations owns N_MIDDLE_UNITS by N_LAST_UNITS units of one net. They take turns at
// the quads of rows. Each sums over its quads in ascending order, and then the lanes' sums are added.
// docs/derivations.md, eq. (20) to (24), (70)
#if SUBGROUPS
enable subgroups;
diagnostic(off, subgroup_uniformity);
#endif
#include "shared/activation.wgsl"
#include "shared/lanes.wgsl"
#include "shared/net_layout.wgsl"

struct Params {
  n_quads: u32,
  n_couplings: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> d_outputs: array<vec4f>;
@group(0) @binding(3) var<storage, read> hiddens: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let net = group.z;
  let start = start_of_net(net);
  let first_output = net * N_OUT * params.n_quads;
  let first_last = group.y * N_LAST_UNITS;
  let first_middle = group.x * N_MIDDLE_UNITS;

#unroll u N_MIDDLE_UNITS
  let row_1_$u = (net * HIDDEN_1 + min(first_middle + $u, HIDDEN_1 - 1u)) * params.n_quads;
#end
#unroll o N_LAST_UNITS
  let last_$o = min(first_last + $o, HIDDEN_2 - 1u);
  let row_2_$o = (params.n_couplings * N_NETS * HIDDEN_1 + net * HIDDEN_2 + last_$o) * params.n_quads;
  var d_bias_2_$o = 0.0;
#unroll u N_MIDDLE_UNITS
  var d_weight_2_$o$u = 0.0;
#end
#unroll c N_OUT
  let out_$o$c = parameters[start + WEIGHT_OUT + $c * HIDDEN_2 + last_$o];
  var d_out_weight_$o$c = 0.0;
#end
#end
  for (var quad = local; quad < params.n_quads; quad += LANES) {
#unroll c N_OUT
    let d_$c = d_outputs[first_output + $c * params.n_quads + quad];
#end
#unroll u N_MIDDLE_UNITS
    let h_1_$u = activate(hiddens[row_1_$u + quad]).value;
#end
#unroll o N_LAST_UNITS
    {
      let unit = activate(hiddens[row_2_$o + quad]);
      var d_unit = vec4f();
#unroll c N_OUT
      d_unit += d_$c * out_$o$c;
      d_out_weight_$o$c = dot_onto(d_$c, unit.value, d_out_weight_$o$c);
#end
      let d_2 = d_unit * unit.derivative;
      d_bias_2_$o += sum_of_quad(d_2);
#unroll u N_MIDDLE_UNITS
      d_weight_2_$o$u = dot_onto(d_2, h_1_$u, d_weight_2_$o$u);
#end
    }
#end
  }

#unroll o N_LAST_UNITS
#unroll u N_MIDDLE_UNITS
  let total_weight_2_$o$u = sum_of_lanes(d_weight_2_$o$u);
#end
  let total_bias_2_$o = sum_of_lanes(d_bias_2_$o);
#unroll c N_OUT
  let total_out_weight_$o$c = sum_of_lanes(d_out_weight_$o$c);
#end
#end
  if (local > 0u) {
    return;
  }
#unroll o N_LAST_UNITS
  if (first_last + $o < HIDDEN_2) {
    let row = start + WEIGHT_2 + last_$o * HIDDEN_1 + first_middle;
#unroll u N_MIDDLE_UNITS
    if (first_middle + $u < HIDDEN_1) {
      gradients[row + $u] += total_weight_2_$o$u;
    }
#end
    // Gradients that do not depend on the middle unit, or on any unit, have one owner.
    if (first_middle == 0u) {
      gradients[start + BIAS_2 + last_$o] += total_bias_2_$o;
#unroll c N_OUT
      gradients[start + WEIGHT_OUT + $c * HIDDEN_2 + last_$o] += total_out_weight_$o$c;
#end
    }
  }
#end
  if (first_middle > 0u || first_last > 0u) {
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

fn dot_onto(a: vec4f, b: vec4f, sum: f32) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

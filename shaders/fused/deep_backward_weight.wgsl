// Gradients of nets with two hidden layers, h0 = phi(W0 x + b0), h1 = phi(W1 h0 + b1), out = W h1 + b, from d_out per
// row: d_W = sum d_out h1, d_b = sum d_out, d_b1 = sum d_1 with d_1 = phi' W^T d_out, d_W1 = sum d_1 h0. PAIRS: the gradients
// of the first layer are linear in W1: P = sum d_1 phi'_0 and Q = sum d_1 phi'_0 x give d_b0 = sum W1 P and d_W0 = sum
// W1 Q, summed here over N_UPPER of the upper units into partials. If phi is piecewise linear, they also give d_W1 = Q w0 +
// P b0 (FROM_PAIRS). Without PAIRS other kernels add the first layer's.
// conditions x [n_couplings N_INPUT, n_quads]; d_outputs [n_couplings N_COUPLING_OUT, n_quads]; hiddens: h1 before phi
// [nets HIDDEN_1, n_quads]; gradients: laid out as parameters; partials [nets, blocks, N_INPUT + 1, HIDDEN_0].
// With HAS_HIDDEN_2 these are the two lower layers of three, and hiddens hold d_1; the layers above are
// unchanged. One invocation owns 4 lower by N_UPPER upper units of one net and sums over the rows in
// ascending order; lanes pass the rows to each other. docs/derivations.md, eq. (20) to (24), (43)
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

const N_LOWER: u32 = 4u * N_GROUP;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
@group(0) @binding(3) var<storage, read> conditions: array<vec4f>;
@group(0) @binding(4) var<storage, read> d_outputs: array<vec4f>;
@group(0) @binding(5) var<storage, read> hiddens: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gradients: array<f32>;
#if PAIRS
@group(0) @binding(7) var<storage, read_write> partials: array<f32>;
#endif

@compute @workgroup_size(N_GROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
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
  let coupling = net / N_NETS;
  let start = start_of_net(net);
  let first_condition = coupling * N_INPUT * params.n_quads;
  let first_output = net * N_OUT * params.n_quads;
  let first_upper = group.y * N_UPPER;
  let first_lower = group.x * N_LOWER + 4u * local;

  let bias = quad_of_row(start + BIAS_0, first_lower, HIDDEN_0);
  var weights: array<vec4f, N_INPUT>;
#unroll i N_INPUT
  weights[$i] = quad_of_row(start, N_INPUT * first_lower + 4u * $i, HIDDEN_0 * N_INPUT);
#end
#unroll i N_INPUT
  let weight_$i = column_of_units(weights, $i);
#end
#unroll o N_UPPER
  let upper_$o = min(first_upper + $o, HIDDEN_1 - 1u);
#if PAIRS
  var p_$o = vec4f();
#unroll i N_INPUT
  var q_$o$i = vec4f();
#end
#endif
#if !FROM_PAIRS
  var d_weight_1_$o = vec4f();
#endif
  var d_bias_1_$o = vec4f();
#if !HAS_HIDDEN_2
#unroll c N_OUT
  let out_$o$c = parameters[start + WEIGHT_OUT + $c * HIDDEN_1 + upper_$o];
  var d_out_weight_$o$c = vec4f();
#end
#endif
#end
  for (var first = 0u; first < params.n_quads; first += LANES) {
    let quad = min(first + lane, params.n_quads - 1u);
#unroll i N_INPUT
    let own_x_$i = conditions[first_condition + $i * params.n_quads + quad];
#end
#if HAS_HIDDEN_2
#unroll o N_UPPER
    let own_d_1_$o = select(vec4f(), hiddens[(net * HIDDEN_1 + upper_$o) * params.n_quads + quad], first + lane < params.n_quads);
    d_bias_1_$o += own_d_1_$o;
#end
#else
#unroll c N_OUT
    let own_d_$c = select(vec4f(), d_outputs[first_output + $c * params.n_quads + quad], first + lane < params.n_quads);
#end
#unroll o N_UPPER
    let unit_$o = activate(hiddens[(net * HIDDEN_1 + upper_$o) * params.n_quads + quad]);
    var own_d_unit_$o = vec4f();
#unroll c N_OUT
    own_d_unit_$o += own_d_$c * out_$o$c;
    d_out_weight_$o$c += own_d_$c * unit_$o.value;
#end
    let own_d_1_$o = own_d_unit_$o * unit_$o.derivative;
    d_bias_1_$o += own_d_1_$o;
#end
#endif
#unroll k LANES
    {
#unroll i N_INPUT
      let x_$i = quad_of_lane(own_x_$i, $k);
#end
#unroll o N_UPPER
      let d_1_$o = quad_of_lane(own_d_1_$o, $k);
#end
#unroll r 4
      {
        var a = bias;
#unroll i N_INPUT
        a = fma(weight_$i, vec4f(x_$i[$r]), a);
#end
        let unit = activate(a);
#if PAIRS
#unroll i N_INPUT
        let derivative_x_$i = unit.derivative * x_$i[$r];
#end
#endif
#unroll o N_UPPER
#if PAIRS
        p_$o = fma(vec4f(d_1_$o[$r]), unit.derivative, p_$o);
#unroll i N_INPUT
        q_$o$i = fma(vec4f(d_1_$o[$r]), derivative_x_$i, q_$o$i);
#end
#endif
#if !FROM_PAIRS
        d_weight_1_$o = fma(vec4f(d_1_$o[$r]), unit.value, d_weight_1_$o);
#endif
#end
      }
#end
    }
#end
  }

#if PAIRS
  // The lower layer: the contribution of these upper units to d_b0 and d_W0.
  var d_bias_0 = vec4f();
#unroll i N_INPUT
  var d_weight_0_$i = vec4f();
#end
#endif
#unroll o N_UPPER
  if (first_upper + $o < HIDDEN_1) {
    let row = start + WEIGHT_1 + upper_$o * HIDDEN_0;
#if PAIRS
    let upper_weights = quad_of_row(row, first_lower, HIDDEN_0);
    d_bias_0 += upper_weights * p_$o;
#if FROM_PAIRS
    var d_weight_1_$o = bias * p_$o;
#endif
#unroll i N_INPUT
    d_weight_0_$i += upper_weights * q_$o$i;
#if FROM_PAIRS
    d_weight_1_$o += weight_$i * q_$o$i;
#endif
#end
#endif
    for (var u = 0u; u < 4u && first_lower + u < HIDDEN_0; u++) {
      gradients[row + first_lower + u] += d_weight_1_$o[u];
    }
  }
#end
#if PAIRS
  let first_partial = (net * groups.y + group.y) * (N_INPUT + 1u) * HIDDEN_0;
  for (var u = 0u; u < 4u && first_lower + u < HIDDEN_0; u++) {
    partials[first_partial + first_lower + u] = d_bias_0[u];
#unroll i N_INPUT
    partials[first_partial + ($i + 1u) * HIDDEN_0 + first_lower + u] = d_weight_0_$i[u];
#end
  }
#endif

  // The upper units and the outputs: each lane holds the sums over its rows.
#unroll o N_UPPER
  let total_bias_1_$o = sum_of_lanes(sum_of_quad(d_bias_1_$o));
#if !HAS_HIDDEN_2
#unroll c N_OUT
  let total_out_weight_$o$c = sum_of_lanes(sum_of_quad(d_out_weight_$o$c));
#end
#endif
#end
  if (group.x > 0u || local > 0u) {
    return;
  }
#unroll o N_UPPER
  if (first_upper + $o < HIDDEN_1) {
    gradients[start + BIAS_1 + first_upper + $o] += total_bias_1_$o;
#if !HAS_HIDDEN_2
#unroll c N_OUT
    gradients[start + WEIGHT_OUT + $c * HIDDEN_1 + first_upper + $o] += total_out_weight_$o$c;
#end
#endif
  }
#end
#if !HAS_HIDDEN_2
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
#endif
}

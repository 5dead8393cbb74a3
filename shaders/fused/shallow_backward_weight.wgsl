// Adds the gradients of nets with one hidden layer, h = phi(W0 x + b0), out = W h + b, from d_out per row:
// d_W = sum d_out h, d_b = sum d_out, d_b0 = sum d_a, d_W0 = sum d_a x with d_a = phi' W^T d_out. If phi is
// PIECEWISE_LINEAR, P = sum d_out phi' and Q = sum d_out phi' x give them all: d_W = b0 P + w0 Q, d_b0 = W P,
// d_W0 = W Q.
// conditions x: [n_couplings N_INPUT, n_quads]; d_outputs [n_couplings N_COUPLING_OUT, n_quads];
// gradients: laid out as parameters. A workgroup has 64 units of one net. One invocation owns four units and
// recomputes them for every row, so that it reads only x and d_out; it sums over rows in ascending order.
// docs/derivations.md, eq. (20) to (24)
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

const UNITS: u32 = 4u * FUSED_GROUP_SIZE;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
#if ALIGNED
@group(0) @binding(2) var<storage, read> parameter_quads: array<vec4f>;
#endif
@group(0) @binding(3) var<storage, read> conditions: array<vec4f>;
@group(0) @binding(4) var<storage, read> d_outputs: array<vec4f>;
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
  let net = group.y;
  let coupling = net / N_NETS;
  let start = start_of_net(net);
  let first_condition = coupling * N_INPUT * params.n_quads;
  let first_output = net * N_OUT * params.n_quads;
  let first_unit = group.x * UNITS + 4u * local;

  let bias = quad_of_row(start + BIAS_0, first_unit, HIDDEN_0);
#if !PIECEWISE_LINEAR
  var d_bias = vec4f();
#endif
  var weights: array<vec4f, N_INPUT>;
#unroll i N_INPUT
  weights[$i] = quad_of_row(start, N_INPUT * first_unit + 4u * $i, HIDDEN_0 * N_INPUT);
#end
#unroll i N_INPUT
  let weight_$i = column_of_units(weights, $i);
#if !PIECEWISE_LINEAR
  var d_weight_$i = vec4f();
#endif
#end
#unroll c N_OUT
  let out_$c = quad_of_row(start + WEIGHT_OUT + $c * HIDDEN_0, first_unit, HIDDEN_0);
#if PIECEWISE_LINEAR
  var p_$c = vec4f();
#unroll i N_INPUT
  var q_$c$i = vec4f();
#end
#else
  var d_out_weight_$c = vec4f();
#endif
#end
  for (var first = 0u; first < params.n_quads; first += LANES) {
    let quad = min(first + lane, params.n_quads - 1u);
#unroll i N_INPUT
    let own_x_$i = conditions[first_condition + $i * params.n_quads + quad];
#end
#unroll c N_OUT
    let own_d_$c = select(vec4f(), d_outputs[first_output + $c * params.n_quads + quad], first + lane < params.n_quads);
#end
#unroll k LANES
    {
#unroll i N_INPUT
      let x_$i = quad_of_lane(own_x_$i, $k);
#end
#unroll c N_OUT
      let d_$c = quad_of_lane(own_d_$c, $k);
#if PIECEWISE_LINEAR
#unroll i N_INPUT
      let d_x_$c$i = d_$c * x_$i;
#end
#endif
#end
#unroll r 4
      {
        var a = bias;
#unroll i N_INPUT
        a = fma(weight_$i, vec4f(x_$i[$r]), a);
#end
        let unit = activate(a);
#if PIECEWISE_LINEAR
#unroll c N_OUT
        p_$c = fma(vec4f(d_$c[$r]), unit.derivative, p_$c);
#unroll i N_INPUT
        q_$c$i = fma(vec4f(d_x_$c$i[$r]), unit.derivative, q_$c$i);
#end
#end
#else
        var d_unit = vec4f();
#unroll c N_OUT
        d_out_weight_$c = fma(vec4f(d_$c[$r]), unit.value, d_out_weight_$c);
        d_unit = fma(vec4f(d_$c[$r]), out_$c, d_unit);
#end
        let d_a = d_unit * unit.derivative;
        d_bias += d_a;
#unroll i N_INPUT
        d_weight_$i = fma(d_a, vec4f(x_$i[$r]), d_weight_$i);
#end
#endif
      }
#end
    }
#end
  }

#if PIECEWISE_LINEAR
  var d_bias = vec4f();
#unroll i N_INPUT
  var d_weight_$i = vec4f();
#end
#unroll c N_OUT
  d_bias += out_$c * p_$c;
  var d_out_weight_$c = bias * p_$c;
#unroll i N_INPUT
  d_weight_$i += out_$c * q_$c$i;
  d_out_weight_$c += weight_$i * q_$c$i;
#end
#end
#endif
  for (var u = 0u; u < 4u; u++) {
    let unit = first_unit + u;
    if (unit >= HIDDEN_0) {
      break;
    }
    gradients[start + BIAS_0 + unit] += d_bias[u];
#unroll i N_INPUT
    gradients[start + unit * N_INPUT + $i] += d_weight_$i[u];
#end
#unroll c N_OUT
    gradients[start + WEIGHT_OUT + $c * HIDDEN_0 + unit] += d_out_weight_$c[u];
#end
  }
  if (group.x == 0u && local < N_OUT) {
    var sum = vec4f();
    for (var quad = 0u; quad < params.n_quads; quad++) {
      sum += d_outputs[first_output + local * params.n_quads + quad];
    }
    gradients[start + BIAS_OUT + local] += sum.x + sum.y + sum.z + sum.w;
  }
}

// One net of a coupling, evaluated by one invocation for four rows without leaving the registers: the units of the
// last hidden layer are added to the outputs as they come. Weights arrive LANES at a time, one from each lane.
// Needs `parameters` and the sizes N_CONDITION, HIDDEN_0, HIDDEN_1 (with DEEP), N_OUT, LANES.
// docs/derivations.md, eq. (12), (13); TANGENTS: eq. (42)
#include "shared/activation.wgsl"
#include "shared/lanes.wgsl"

// Where the tensors of a net lie, from its start: W0 [HIDDEN_0, N_CONDITION], b0, then
// with DEEP W1 [HIDDEN_1, HIDDEN_0], b1, and last W [N_OUT, n_last], b.
const BIAS_0 = HIDDEN_0 * N_CONDITION;
#if DEEP
const WEIGHT_1 = BIAS_0 + HIDDEN_0;
const BIAS_1 = WEIGHT_1 + HIDDEN_1 * HIDDEN_0;
const WEIGHT_OUT = BIAS_1 + HIDDEN_1;
const N_LAST = HIDDEN_1;
#else
const WEIGHT_OUT = BIAS_0 + HIDDEN_0;
const N_LAST = HIDDEN_0;
#endif
const BIAS_OUT = WEIGHT_OUT + N_OUT * N_LAST;

struct NetOutput {
  value: array<vec4f, N_OUT>,
#if TANGENTS
  // d value[c] / d x[i] at c N_CONDITION + i.
  slope: array<vec4f, N_OUT * N_CONDITION>,
#endif
}

#if DEEP
fn evaluate_net(x: array<vec4f, N_CONDITION>, start: u32, lane: u32) -> NetOutput {
  var net: NetOutput;
#unroll c N_OUT
  net.value[$c] = vec4f(parameters[start + BIAS_OUT + $c]);
#end
  // Padded to whole blocks; the padding meets weights of zero.
  var hidden: array<vec4f, N_BLOCKS_0 * LANES>;
#if TANGENTS
  var hidden_slope: array<vec4f, N_BLOCKS_0 * LANES * N_CONDITION>;
#endif
#unroll b N_BLOCKS_0
  {
    let unit = min($b * LANES + lane, HIDDEN_0 - 1u);
    let own_bias = parameters[start + BIAS_0 + unit];
#unroll i N_CONDITION
    let own_weight_$i = parameters[start + unit * N_CONDITION + $i];
#end
#unroll k LANES
    {
      var a = vec4f(scalar_of_lane(own_bias, $k));
#unroll i N_CONDITION
      let weight_$i = scalar_of_lane(own_weight_$i, $k);
      a += weight_$i * x[$i];
#end
      let activated = activate(a);
      hidden[$b * LANES + $k] = activated.value;
#if TANGENTS
#unroll i N_CONDITION
      hidden_slope[($b * LANES + $k) * N_CONDITION + $i] = weight_$i * activated.slope;
#end
#endif
    }
#end
  }
#end
  for (var o = 0u; o < HIDDEN_1; o++) {
    let row = start + WEIGHT_1 + o * HIDDEN_0;
#unroll b N_BLOCKS_0
    let own_$b = select(0.0, parameters[row + min($b * LANES + lane, HIDDEN_0 - 1u)], $b * LANES + lane < HIDDEN_0);
#end
    var a = vec4f(parameters[start + BIAS_1 + o]);
#if TANGENTS
    // Zero in so many words: lavapipe does not clear a variable of a loop's body anew.
    var a_slope = array<vec4f, N_CONDITION>();
#endif
#unroll b N_BLOCKS_0
#unroll k LANES
    {
      let weight = scalar_of_lane(own_$b, $k);
      a += weight * hidden[$b * LANES + $k];
#if TANGENTS
#unroll i N_CONDITION
      a_slope[$i] += weight * hidden_slope[($b * LANES + $k) * N_CONDITION + $i];
#end
#endif
    }
#end
#end
    let activated = activate(a);
#unroll c N_OUT
    {
      let weight = parameters[start + WEIGHT_OUT + $c * HIDDEN_1 + o];
      net.value[$c] += weight * activated.value;
#if TANGENTS
#unroll i N_CONDITION
      net.slope[$c * N_CONDITION + $i] += weight * activated.slope * a_slope[$i];
#end
#endif
    }
#end
  }
  return net;
}
#else
fn evaluate_net(x: array<vec4f, N_CONDITION>, start: u32, lane: u32) -> NetOutput {
  var net: NetOutput;
#unroll c N_OUT
  net.value[$c] = vec4f(parameters[start + BIAS_OUT + $c]);
#end
  for (var first = 0u; first < HIDDEN_0; first += LANES) {
    let unit = min(first + lane, HIDDEN_0 - 1u);
    let is_unit = first + lane < HIDDEN_0;
    let own_bias = parameters[start + BIAS_0 + unit];
#unroll i N_CONDITION
    let own_weight_$i = parameters[start + unit * N_CONDITION + $i];
#end
#unroll c N_OUT
    let own_out_$c = select(0.0, parameters[start + WEIGHT_OUT + $c * HIDDEN_0 + unit], is_unit);
#if TANGENTS
#unroll i N_CONDITION
    let own_product_$c$i = own_out_$c * own_weight_$i;
#end
#endif
#end
#unroll k LANES
    {
      var a = vec4f(scalar_of_lane(own_bias, $k));
#unroll i N_CONDITION
      a += scalar_of_lane(own_weight_$i, $k) * x[$i];
#end
      let activated = activate(a);
#unroll c N_OUT
      net.value[$c] += scalar_of_lane(own_out_$c, $k) * activated.value;
#if TANGENTS
#unroll i N_CONDITION
      net.slope[$c * N_CONDITION + $i] += scalar_of_lane(own_product_$c$i, $k) * activated.slope;
#end
#endif
#end
    }
#end
  }
  return net;
}
#endif

// A net of a coupling, evaluated by one invocation for four rows entirely in registers: the units of the last
// hidden layer are added to the outputs as they are computed. Each of the LANES lanes loads four weights at a
// time. Needs the sizes N_INPUT, N_CONDITION, N_OUT, LANES, HIDDEN_k, N_BLOCKS_k and N_KEPT_LAYERS, the hidden layers
// below the last. KEEP_HIDDEN also needs params.n_couplings, N_NETS and a function keep_hidden(unit, a),
// which receives the hidden layers above the first before their activation, layer by layer.
// docs/derivations.md, eq. (12), (13); TANGENTS: eq. (42)
#if HAS_HIDDEN_1
#unroll l N_KEPT_LAYERS
// Hidden layer $l, padded to whole blocks; the padding has zero weights. An extra, unused element keeps Mesa
// from unrolling the loop that fills the array, which it does if a loop runs over the exact length.
var<private> hidden_$l: array<vec4f, N_BLOCKS_$l * 4u * LANES + 1u>;
#if TANGENTS
var<private> hidden_jacobian_$l: array<vec4f, N_BLOCKS_$l * 4u * LANES * N_CONDITION + 1u>;
#endif
#end

// A unit before its activation.
struct Unit {
  a: vec4f,
#if TANGENTS
  jacobian: array<vec4f, N_CONDITION>,
#endif
}

#unroll l N_KEPT_LAYERS
// The unit whose weights of hidden layer $l begin at `row`, as four sums in ascending order.
fn unit_above_$l(row: u32, bias: f32, lane: u32) -> Unit {
#unroll b N_BLOCKS_$l
  let own_$b = quad_of_lanes_row(row, 4u * ($b * LANES + lane), HIDDEN_$l);
#end
  var sums = array<vec4f, 4>();
  sums[0] = vec4f(bias);
#if TANGENTS
  // An explicit zero: lavapipe does not clear a variable again in each iteration of a loop.
  var jacobian_sums = array<vec4f, 4u * N_CONDITION>();
#endif
#unroll b N_BLOCKS_$l
#unroll k LANES
  {
    let weights = quad_of_lane(own_$b, $k);
#unroll u 4
    sums[$u] = fma(vec4f(weights[$u]), hidden_$l[4u * ($b * LANES + $k) + $u], sums[$u]);
#if TANGENTS
#unroll i N_CONDITION
    jacobian_sums[$u * N_CONDITION + $i] = fma(
      vec4f(weights[$u]),
      hidden_jacobian_$l[(4u * ($b * LANES + $k) + $u) * N_CONDITION + $i],
      jacobian_sums[$u * N_CONDITION + $i],
    );
#end
#endif
#end
  }
#end
#end
  var unit: Unit;
  unit.a = (sums[0] + sums[1]) + (sums[2] + sums[3]);
#if TANGENTS
#unroll i N_CONDITION
  unit.jacobian[$i] = (jacobian_sums[$i] + jacobian_sums[N_CONDITION + $i]) +
    (jacobian_sums[2u * N_CONDITION + $i] + jacobian_sums[3u * N_CONDITION + $i]);
#end
#endif
  return unit;
}

#end
fn evaluate_net(x: array<vec4f, N_INPUT>, net_index: u32, start: u32, lane: u32) -> NetOutput {
  var net: NetOutput;
#unroll c N_OUT
  net.value[$c] = vec4f(parameters[start + BIAS_OUT + $c]);
#end
#unroll b N_BLOCKS_0
  {
    let first = 4u * ($b * LANES + lane);
    let own_bias = quad_of_lanes_row(start + BIAS_0, first, HIDDEN_0);
#unroll i N_INPUT
    let own_weights_$i = quad_of_lanes_row(start, N_INPUT * first + 4u * $i, BIAS_0);
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
        const unit = 4u * ($b * LANES + $k) + $u;
        var a = vec4f(bias[$u]);
#unroll i N_INPUT
        a = fma(vec4f(weights[($u * N_INPUT + $i) / 4u][($u * N_INPUT + $i) % 4u]), x[$i], a);
#end
        let activated = activate(a);
        hidden_0[unit] = activated.value;
#if TANGENTS
#unroll i N_CONDITION
        hidden_jacobian_0[unit * N_CONDITION + $i] =
          weights[($u * N_INPUT + $i) / 4u][($u * N_INPUT + $i) % 4u] * activated.derivative;
#end
#endif
      }
#end
    }
#end
  }
#end
#if HAS_HIDDEN_2
  for (var o = 0u; o < HIDDEN_1; o++) {
    let unit = unit_above_0(start + WEIGHT_1 + o * HIDDEN_0, parameters[start + BIAS_1 + o], lane);
#if KEEP_HIDDEN
    keep_hidden(net_index * HIDDEN_1 + o, unit.a);
#endif
    let activated = activate(unit.a);
    hidden_1[o] = activated.value;
#if TANGENTS
#unroll i N_CONDITION
    hidden_jacobian_1[o * N_CONDITION + $i] = activated.derivative * unit.jacobian[$i];
#end
#endif
  }
#endif
  for (var o = 0u; o < N_LAST; o++) {
#if HAS_HIDDEN_2
    let unit = unit_above_1(start + WEIGHT_2 + o * HIDDEN_1, parameters[start + BIAS_2 + o], lane);
#if KEEP_HIDDEN
    keep_hidden(params.n_couplings * N_NETS * HIDDEN_1 + net_index * HIDDEN_2 + o, unit.a);
#endif
#else
    let unit = unit_above_0(start + WEIGHT_1 + o * HIDDEN_0, parameters[start + BIAS_1 + o], lane);
#if KEEP_HIDDEN
    keep_hidden(net_index * HIDDEN_1 + o, unit.a);
#endif
#endif
    let activated = activate(unit.a);
#unroll c N_OUT
    {
      let weight = parameters[start + WEIGHT_OUT + $c * N_LAST + o];
      net.value[$c] += weight * activated.value;
#if TANGENTS
#unroll i N_CONDITION
      net.jacobian[$c * N_CONDITION + $i] += weight * activated.derivative * unit.jacobian[$i];
#end
#endif
    }
#end
  }
  return net;
}
#else
fn evaluate_net(x: array<vec4f, N_INPUT>, net_index: u32, start: u32, lane: u32) -> NetOutput {
  var net: NetOutput;
#unroll c N_OUT
  net.value[$c] = vec4f(parameters[start + BIAS_OUT + $c]);
#end
  for (var block = 0u; block < N_BLOCKS_0; block++) {
    let first = 4u * (block * LANES + lane);
    let own_bias = quad_of_lanes_row(start + BIAS_0, first, HIDDEN_0);
#unroll i N_INPUT
    let own_weights_$i = quad_of_lanes_row(start, N_INPUT * first + 4u * $i, BIAS_0);
#end
#unroll c N_OUT
    // Zero past the last unit, so that its weights above do not matter.
    let own_out_$c = quad_of_lanes_row(start + WEIGHT_OUT + $c * HIDDEN_0, first, HIDDEN_0);
#end
#unroll k LANES
    {
      let bias = quad_of_lane(own_bias, $k);
      var weights: array<vec4f, N_INPUT>;
#unroll i N_INPUT
      weights[$i] = quad_of_lane(own_weights_$i, $k);
#end
#unroll c N_OUT
      let out_$c = quad_of_lane(own_out_$c, $k);
#end
#unroll u 4
      {
        var a = vec4f(bias[$u]);
#unroll i N_INPUT
        let weight_$i = weights[($u * N_INPUT + $i) / 4u][($u * N_INPUT + $i) % 4u];
        a = fma(vec4f(weight_$i), x[$i], a);
#end
        let activated = activate(a);
#unroll c N_OUT
        net.value[$c] = fma(vec4f(out_$c[$u]), activated.value, net.value[$c]);
#if TANGENTS
#unroll i N_CONDITION
        net.jacobian[$c * N_CONDITION + $i] =
          fma(vec4f(out_$c[$u] * weight_$i), activated.derivative, net.jacobian[$c * N_CONDITION + $i]);
#end
#endif
#end
      }
#end
    }
#end
  }
  return net;
}
#endif

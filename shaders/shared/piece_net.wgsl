// A net of a coupling whose second hidden layer is a line over each piece of its single input. One invocation
// evaluates it for four rows, like conditioner_net, with one multiply-add in place of HIDDEN_0. Needs the
// sizes N_OUT, LANES, HIDDEN_k, N_BLOCKS_0, and `lines` from piece_lines.
// docs/derivations.md, eq. (71)
#include "shared/out_quad.wgsl"
#include "shared/piece_of_quad.wgsl"

fn evaluate_net(input: array<vec4f, N_INPUT>, net_index: u32, start: u32, lane: u32) -> NetOutput {
  let x = input[0];
  let piece = piece_of_quad(x, start, lane);
  let first_lines = (net_index * N_PIECES + piece) * (2u * N_UPPER_QUADS);
  var net: NetOutput;
#unroll c N_OUT
  net.value[$c] = vec4f(parameters[start + BIAS_OUT + $c]);
#end
  for (var quad = 0u; quad < N_UPPER_QUADS; quad++) {
#unroll c N_OUT
    let out_$c = out_quad(start + WEIGHT_OUT + $c * HIDDEN_1, 4u * quad);
#end
#unroll r 4
    {
      let slope = lines[first_lines[$r] + 2u * quad];
      let unit = activate(fma(slope, vec4f(x[$r]), lines[first_lines[$r] + 2u * quad + 1u]));
      let unit_jacobian = unit.derivative * slope;
#unroll c N_OUT
      net.value[$c][$r] += dot(out_$c, unit.value);
#if TANGENTS
      net.jacobian[$c][$r] += dot(out_$c, unit_jacobian);
#endif
#end
    }
#end
  }
  return net;
}

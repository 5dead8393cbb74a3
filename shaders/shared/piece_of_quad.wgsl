// The pieces of four rows between the kinks of a net's first hidden layer. Needs the sizes LANES, HIDDEN_0, N_BLOCKS_0.
// docs/derivations.md, eq. (69)
#include "shared/pieces.wgsl"

// `start` is the place of the net's parameters; the lanes share its weights.
fn piece_of_quad(x: vec4f, start: u32, lane: u32) -> vec4u {
  var piece = vec4u();
#unroll b N_BLOCKS_0
  {
    let first = 4u * ($b * LANES + lane);
    let own_weights = quad_of_lanes_row(start, first, HIDDEN_0);
    let own_biases = quad_of_lanes_row(start + BIAS_0, first, HIDDEN_0);
#unroll k LANES
    {
      let weights = quad_of_lane(own_weights, $k);
      let biases = quad_of_lane(own_biases, $k);
      // Past the last unit both are zero, and no x is above.
#unroll u 4
      piece += select(vec4u(), vec4u(1u), is_above_kink(x, weights[$u], biases[$u]));
#end
    }
#end
  }
#end
  return piece;
}

// Reads the weights of the outputs of a net with two hidden layers, for four upper units at a time.
#include "shared/net_weights.wgsl"

const N_UPPER_QUADS: u32 = (HIDDEN_1 + 3u) / 4u;

fn out_quad(row: u32, first: u32) -> vec4f {
#if ALIGNED
  if (HIDDEN_1 % 4u == 0u) {
    return parameter_quads[(row + first) / 4u];
  }
#endif
  return quad_of_any_row(row, first, HIDDEN_1);
}

// Where the tensors of a small net lie, from its start, and its rows of weights four at a time.
// Each tensor starts at a multiple of four elements (src/paramLayout.ts): W0 [HIDDEN_0, N_CONDITION], b0, then with
// DEEP W1 [HIDDEN_1, HIDDEN_0], b1, with DEEPER W2 [HIDDEN_2, HIDDEN_1], b2, and last W [N_OUT, N_LAST], b.
// ALIGNED says that HIDDEN_0, and with DEEPER also HIDDEN_1, is a multiple of four.
#include "shared/row_quads.wgsl"

const BIAS_0 = (HIDDEN_0 * N_CONDITION + 3u) / 4u * 4u;
const AFTER_0 = BIAS_0 + (HIDDEN_0 + 3u) / 4u * 4u;
#if DEEP
const WEIGHT_1 = AFTER_0;
const BIAS_1 = WEIGHT_1 + (HIDDEN_1 * HIDDEN_0 + 3u) / 4u * 4u;
const AFTER_1 = BIAS_1 + (HIDDEN_1 + 3u) / 4u * 4u;
#if DEEPER
const WEIGHT_2 = AFTER_1;
const BIAS_2 = WEIGHT_2 + (HIDDEN_2 * HIDDEN_1 + 3u) / 4u * 4u;
const N_LAST = HIDDEN_2;
const WEIGHT_OUT = BIAS_2 + (HIDDEN_2 + 3u) / 4u * 4u;
#else
const N_LAST = HIDDEN_1;
const WEIGHT_OUT = AFTER_1;
#endif
#else
const N_LAST = HIDDEN_0;
const WEIGHT_OUT = AFTER_0;
#endif
const BIAS_OUT = WEIGHT_OUT + (N_OUT * N_LAST + 3u) / 4u * 4u;

// As quad_of_row for a lane's share of a layer, whose lanes may all lie within the row.
fn quad_of_lanes_row(row: u32, first: u32, length: u32) -> vec4f {
#if ALIGNED
#if DEEPER
  const fills_lanes = HIDDEN_0 % (4u * LANES) == 0u && HIDDEN_1 % (4u * LANES) == 0u;
#else
  const fills_lanes = HIDDEN_0 % (4u * LANES) == 0u;
#endif
  if (fills_lanes) {
    return parameter_quads[(row + first) / 4u];
  }
#endif
  return quad_of_row(row, first, length);
}

// Input i of four units whose N_CONDITION weights each lie one after the other in `weights`.
fn column_of_units(weights: array<vec4f, N_CONDITION>, i: u32) -> vec4f {
  var column: vec4f;
#unroll u 4
  column[$u] = weights[($u * N_CONDITION + i) / 4u][($u * N_CONDITION + i) % 4u];
#end
  return column;
}

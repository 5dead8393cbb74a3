// Reads the rows of weights of a small net four at a time. Needs LANES; ALIGNED means that HIDDEN_0, and with
// HAS_HIDDEN_2 also HIDDEN_1, is a multiple of four.
#include "shared/net_layout.wgsl"
#include "shared/row_quads.wgsl"

// Like quad_of_row, for a lane's share of a layer; all lanes may be within the row.
fn quad_of_lanes_row(row: u32, first: u32, length: u32) -> vec4f {
#if ALIGNED
#if HAS_HIDDEN_2
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

// Input i of four units whose N_INPUT weights each are consecutive in `weights`.
fn column_of_units(weights: array<vec4f, N_INPUT>, i: u32) -> vec4f {
  var column: vec4f;
#unroll u 4
  column[$u] = weights[($u * N_INPUT + i) / 4u][($u * N_INPUT + i) % 4u];
#end
  return column;
}

// Draws the latent rows of a tile; a draw depends only on (seed, row index). Needs draw_block of a base, and the params
// and the tile of resident_pass. docs/derivations.md, eq. (34)
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"

const TILE_ROWS: u32 = 4u * ROW_QUADS;

fn words_of(block: u32, row: vec2u) -> vec4u {
  let counter = vec4u(block, row.x, row.y, params.stream);
  return philox_rounds(counter, vec2u(params.seed_lo, params.seed_hi), params.n_rounds);
}

// An invocation draws four features of one row into `parts`, which then become units.
fn draw(op: Op, local: u32) {
  let n_blocks = (op.count + 3u) / 4u;
  for (var first = 0u; first < n_blocks; first += LANES) {
    let n_here = min(LANES, n_blocks - first);
    for (var i = local; i < n_here * TILE_ROWS; i += GROUP) {
      let row = group_index * TILE_ROWS + i % TILE_ROWS;
      let place = add_to_row(vec2u(params.row_start_lo, params.row_start_hi), row);
      parts[i] = draw_block(op, first + i / TILE_ROWS, place);
    }
    workgroupBarrier();
    let start = 4u * first;
    for (var i = local; i < min(4u * n_here, op.count - start) * ROW_QUADS; i += GROUP) {
      let feature = i / ROW_QUADS;
      let part = (feature / 4u) * TILE_ROWS + 4u * (i % ROW_QUADS);
      let word = feature % 4u;
      tile[(op.to + start) * ROW_QUADS + i] = vec4f(
        parts[part][word],
        parts[part + 1u][word],
        parts[part + 2u][word],
        parts[part + 3u][word],
      );
    }
    workgroupBarrier();
  }
}

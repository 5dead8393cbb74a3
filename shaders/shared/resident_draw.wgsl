// Draws the latent rows of a tile; a draw depends only on (seed, row index). Needs draw_block of a base, and the params
// and the tile of resident_pass. docs/derivations.md, eq. (34)
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"

fn words_of(block: u32, row: vec2u) -> vec4u {
  return philox(vec4u(block, row.x, row.y, params.stream), vec2u(params.seed_lo, params.seed_hi));
}

// An invocation draws four features of four rows, one row after the other.
fn draw(op: Op, local: u32) {
  let n_blocks = (op.count + 3u) / 4u;
  for (var i = local; i < n_blocks * ROW_QUADS; i += GROUP) {
    let block = i / ROW_QUADS;
    let quad = i % ROW_QUADS;
    let first_row = 4u * (group_index * ROW_QUADS + quad);
#unroll j 4
    var z_$j = vec4f();
#end
    for (var r = 0u; r < 4u; r++) {
      let row = add_to_row(vec2u(params.row_start_lo, params.row_start_hi), first_row + r);
      let drawn = draw_block(op, block, row);
      let is_here = vec4u(r) == vec4u(0u, 1u, 2u, 3u);
#unroll j 4
      z_$j = select(z_$j, vec4f(drawn[$j]), is_here);
#end
    }
#unroll j 4
    if (4u * block + $j < op.count) {
      tile[(op.to + 4u * block + $j) * ROW_QUADS + quad] = z_$j;
    }
#end
  }
}

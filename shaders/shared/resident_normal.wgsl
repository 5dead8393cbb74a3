// N(0, I) on the units of a tile. Needs the bindings and the tile of resident_pass.
// docs/derivations.md, eq. (2) to (4), (14), (15), (34) to (36)
#include "shared/normal_log_density.wgsl"

#if SCORE
fn log_density(op: Op, local: u32) {
  if (local < ROW_QUADS) {
    var sum_squares = vec4f();
    for (var j = 0u; j < op.count; j++) {
      let z = tile[(op.source + j) * ROW_QUADS + local];
      sum_squares += z * z;
    }
    add_log_density(op, local, normal_log_density_quad(sum_squares, op.count));
  }
}
#endif

#if LOSS
// With a slot it keeps -d_z, the gradient of a mean.
fn log_density_backward(op: Op, local: u32) {
  for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
    let quad = i % ROW_QUADS;
    let d_z = -d_log_det_of(quad) * tile[op.source * ROW_QUADS + i];
    tile[op.to * ROW_QUADS + i] = d_z;
    if (op.slot != 0u) {
      factors[factor_place(op.slot + i / ROW_QUADS, quad)] = -d_z;
    }
  }
}
#endif

#if SAMPLE
fn draw_block(op: Op, block: u32, row: vec2u) -> vec4f {
  return params.temperature * four_normals(words_of(block, row));
}
#endif

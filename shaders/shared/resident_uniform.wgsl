// The uniform density on the box [-number, number] of each feature, on the units of a tile. Needs the bindings and the
// tile of resident_pass. docs/derivations.md, eq. (34), (127), (128)
const WALLS: u32 = 2u;

#if SCORE
// Outside the box the density has the bits `aux`; with WALLS it falls with slope 1 there.
fn log_density(op: Op, local: u32) {
  if (local < ROW_QUADS) {
    var beyond = vec4f();
    for (var j = 0u; j < op.count; j++) {
      beyond += max(abs(tile[(op.source + j) * ROW_QUADS + local]) - op.number, vec4f());
    }
    let has_walls = (op.option & WALLS) != 0u;
    let log_volume = f32(op.count) * log_accurate(2.0 * op.number);
    add_log_density(op, local, -log_volume - select(vec4f(), beyond, has_walls));
    let place = params.n_dim * ROW_QUADS + local;
    let is_outside = beyond > vec4f();
    tile[place] = select(tile[place], vec4f(bitcast<f32>(op.aux)), is_outside & vec4<bool>(!has_walls));
  }
}
#endif

#if LOSS
fn log_density_backward(op: Op, local: u32) {
  for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
    let z = tile[op.source * ROW_QUADS + i];
    let d_z = -d_log_det_of(i % ROW_QUADS) * sign(z);
    tile[op.to * ROW_QUADS + i] = select(vec4f(), d_z, abs(z) > vec4f(op.number));
  }
}
#endif

#if SAMPLE
fn draw_block(op: Op, block: u32, row: vec2u) -> vec4f {
  let half_width = min(params.temperature, 1.0) * op.number;
  let words = words_of(block, row);
  let s = vec4f(
    signed_uniform(words.x),
    signed_uniform(words.y),
    signed_uniform(words.z),
    signed_uniform(words.w),
  );
  return half_width * 2.0 * s;
}
#endif

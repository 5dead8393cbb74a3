// Independent Student t's on the units of a tile; tensor: log_df [count]. Needs the bindings and the tile of
// resident_pass. docs/derivations.md, eq. (34), (123) to (126)
#include "shared/student_t.wgsl"
#if SAMPLE
#include "shared/student_t_draw.wgsl"
#endif

fn df_of(op: Op, j: u32) -> f32 {
  return exp(parameters[op.tensor + j]);
}

fn log_tails(z: vec4f, df: f32) -> vec4f {
  return vec4f(log_tail(z.x, df), log_tail(z.y, df), log_tail(z.z, df), log_tail(z.w, df));
}

#if SCORE
// Units from `to` on receive the log-densities of the features.
fn log_density(op: Op, local: u32) {
  for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
    let df = df_of(op, i / ROW_QUADS);
    let tails = log_tails(tile[op.source * ROW_QUADS + i], df);
    tile[op.to * ROW_QUADS + i] = log_normaliser(0.5 * df) - 0.5 * (df + 1.0) * tails;
  }
  workgroupBarrier();
  if (local < ROW_QUADS) {
    var sum = vec4f();
    for (var j = 0u; j < op.count; j++) {
      sum += tile[(op.to + j) * ROW_QUADS + local];
    }
    add_log_density(op, local, sum);
  }
}
#endif

#if LOSS
// With a slot it keeps the gradient of log_df.
fn log_density_backward(op: Op, local: u32) {
  for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
    let quad = i % ROW_QUADS;
    let df = df_of(op, i / ROW_QUADS);
    let share = -d_log_det_of(quad);
    let z = tile[op.source * ROW_QUADS + i];
    let pull = vec4f(pull_of(z.x, df), pull_of(z.y, df), pull_of(z.z, df), pull_of(z.w, df));
    tile[op.to * ROW_QUADS + i] = share * (df + 1.0) * pull;
    if (op.slot != 0u) {
      let d_tail = 0.5 * ((df + 1.0) * z * pull - df * log_tails(z, df));
      factors[factor_place(op.slot + i / ROW_QUADS, quad)] = -share * (log_normaliser_derivative(0.5 * df) + d_tail);
    }
  }
}
#endif

#if SAMPLE
// A Philox block has the words of two features.
fn draw_block(op: Op, block: u32, row: vec2u) -> vec4f {
  let low = words_of(2u * block, row);
  let high = words_of(2u * block + 1u, row);
  let last = op.count - 1u;
  let first = 4u * block;
  let t = vec4f(
    student_t_draw(low.xy, df_of(op, first)),
    student_t_draw(low.zw, df_of(op, min(first + 1u, last))),
    student_t_draw(high.xy, df_of(op, min(first + 2u, last))),
    student_t_draw(high.zw, df_of(op, min(first + 3u, last))),
  );
  return params.temperature * t;
}
#endif

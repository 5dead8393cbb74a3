// A Student's t with nu degrees of freedom from two random words, exact for every nu. Bailey 1994;
// docs/derivations.md, eq. (126)
#include "shared/normal.wgsl"

// Keeps samples from overflowing; only values above 1e17 are beyond it.
const MAX_EXPONENT: f32 = 80.0;

// exp(w) - 1 for w >= 0.
fn exp_minus_one(w: f32) -> f32 {
  if (w > 1.0) {
    return exp(w) - 1.0;
  }
  let t = tanh_accurate(0.5 * w);
  return 2.0 * t / (1.0 - t);
}

fn student_t_draw(words: vec2u, df: f32) -> f32 {
  let exponent = min(-2.0 * log_uniform(words.x) / df, MAX_EXPONENT);
  let radius = sqrt(df * exp_minus_one(exponent));
  return radius * cos_sin_turns(signed_uniform(words.y)).x;
}

// The maps between (0, 1) or (0, inf) and the real line, for one value. Values are clamped to MIN_VALUE, MAX_OF_UNIT and
// MAX_VALUE. docs/derivations.md, eq. (91) to (94)
#include "shared/elementary.wgsl"
#include "shared/finite.wgsl"

// The smallest number that no driver flushes to zero, the largest one and the largest one below 1.
const MIN_VALUE: f32 = 0x1p-126;
const MAX_VALUE: f32 = 0x1.fffffep+127;
const MAX_OF_UNIT: f32 = 0x1.fffffep-1;

// Their images, log MIN_VALUE and -log(1 - MAX_OF_UNIT).
const MIN_IMAGE: f32 = -87.3365447505531;
const MAX_IMAGE_OF_UNIT: f32 = 16.635532333438686;

struct DomainImage {
  value: f32,
  log_derivative: f32,
}

// log x - log(1 - x), or log(exp(x / scale) - 1).
fn domain_image(is_unit: bool, value: f32, scale: f32) -> DomainImage {
  if (is_unit) {
    let inside = clamp(value, MIN_VALUE, MAX_OF_UNIT);
    let log_x = log_accurate(inside);
    let log_rest = log_accurate(1.0 - inside);
    return DomainImage(log_x - log_rest, -(log_x + log_rest));
  }
  let x = clamp(max(value, MIN_VALUE) / scale, MIN_VALUE, MAX_VALUE);
  let shrunk = log_one_minus_exp(x);
  return DomainImage(x + shrunk, -(shrunk + log_accurate(scale)));
}

// 1 / (1 + exp(-z)), or scale log(1 + exp(z)).
fn domain_preimage(is_unit: bool, value: f32, scale: f32) -> DomainImage {
  // The clamp below could turn NaN into a number.
  if (is_nan(value)) {
    return DomainImage(value, value);
  }
  let z = max(value, MIN_IMAGE);
  if (is_unit) {
    let inside = min(z, MAX_IMAGE_OF_UNIT);
    let log_derivative = -(abs(inside) + 2.0 * log_one_plus(exp(-abs(inside))));
    return DomainImage(clamp(sigmoid(inside), MIN_VALUE, MAX_OF_UNIT), log_derivative);
  }
  let bend = log_one_plus(exp(-abs(z)));
  let softplus = max(max(z, 0.0) + bend, MIN_VALUE);
  return DomainImage(clamp(scale * softplus, MIN_VALUE, MAX_VALUE), min(z, 0.0) - bend + log_accurate(scale));
}

// log(1 - exp(-x)) for x > 0; below 1 it is log x + log((1 - exp(-x)) / x), which has a series.
fn log_one_minus_exp(x: f32) -> f32 {
  if (x < 1.0) {
    let x2 = x * x;
    return log_accurate(x) - 0.5 * x + x2 * (1.0 / 24.0 - x2 * (1.0 / 2880.0 - x2 / 181440.0));
  }
  return log_accurate(1.0 - exp(-x));
}

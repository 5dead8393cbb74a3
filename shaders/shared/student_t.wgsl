// Student's t with nu degrees of freedom: the logarithm of its normaliser and its derivative, in nats.
// With a = nu / 2, log Gamma(a + 1/2) - log Gamma(a) by its series at a + 4, and back by Gamma(x + 1) = x Gamma(x).
// docs/derivations.md, eq. (123), (124)
#include "shared/elementary.wgsl"

const HALF_LOG_2_PI: f32 = 0.9189385332046727;

// log Gamma(a + 1/2) - log Gamma(a) - log(2 pi a) / 2.
fn log_normaliser(a: f32) -> f32 {
  let b = a + 4.0;
  let b2 = 1.0 / (b * b);
  let series = -(1.0 / 8.0 - b2 * (1.0 / 192.0 - b2 * (1.0 / 640.0 - b2 * (17.0 / 14336.0)))) / b;
  // b / a times the four quotients (a + i) / (a + i + 1/2), squared, is near 1 for large a.
  let q = a + vec4f(0.0, 1.0, 2.0, 3.0);
  let quotients = q / (q + 0.5);
  let product = quotients.x * quotients.y * quotients.z * quotients.w;
  return series + 0.5 * log_accurate(b / a * product * product) - HALF_LOG_2_PI;
}

// Its derivative with respect to log nu.
fn log_normaliser_derivative(a: f32) -> f32 {
  let b = a + 4.0;
  let b2 = 1.0 / (b * b);
  let series = (1.0 / 8.0 - b2 * (3.0 / 192.0 - b2 * (5.0 / 640.0 - b2 * (119.0 / 14336.0)))) * b2;
  // 1 / (2 b) - 1 / (2 a) and the four 1 / (a + i) - 1 / (a + i + 1/2), each as one fraction.
  let q = a + vec4f(0.0, 1.0, 2.0, 3.0);
  let steps = 0.5 / (q * (q + 0.5));
  return a * (series - 2.0 / (a * b) + (steps.x + steps.y) + (steps.z + steps.w));
}

// log(1 + w^2) for w >= 0, also if w^2 would overflow.
fn log_one_plus_square(w: f32) -> f32 {
  if (w > 0x1p30) {
    return 2.0 * log_accurate(w);
  }
  return log_one_plus(w * w);
}

// log(1 + z^2 / nu), without overflow for large z.
fn log_tail(z: f32, df: f32) -> f32 {
  return log_one_plus_square(abs(z) * inverseSqrt(df));
}

// z / (nu + z^2), which is 1 / (nu / z + z).
fn pull_of(z: f32, df: f32) -> f32 {
  let near = z / (df + z * z);
  let far = 1.0 / (df / z + z);
  return select(near, far, abs(z) > 1.0);
}

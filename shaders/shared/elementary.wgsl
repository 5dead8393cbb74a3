// Elementary functions at f32 accuracy, for functions that WGSL specifies loosely: tanh may be off by 1e-5,
// log by 5e-7 near 1, sin and cos by 5e-4.

const LN_2: f32 = 0.6931471805599453;
const SQRT_HALF: f32 = 0.7071067811865476;

fn sigmoid(a: f32) -> f32 {
  let e = exp(-abs(a));
  return select(e, 1.0, a >= 0.0) / (1.0 + e);
}

fn tanh_accurate(a: f32) -> f32 {
  if (abs(a) < 0.25) {
    // The quotient below cancels here; the continued fraction of tanh, four levels deep, does not.
    let a2 = a * a;
    return a / (1.0 + a2 / (3.0 + a2 / (5.0 + a2 / 7.0)));
  }
  let e = exp(-2.0 * abs(a));
  return sign(a) * (1.0 - e) / (1.0 + e);
}

// log x = e ln 2 + 2 artanh((m - 1) / (m + 1)) with x = m 2^e and m in [sqrt(1/2), sqrt(2)).
fn log_accurate(x: f32) -> f32 {
  let parts = frexp(x);
  let low = parts.fract < SQRT_HALF;
  let m = select(parts.fract, 2.0 * parts.fract, low);
  let e = f32(parts.exp - select(0, 1, low));
  let f = (m - 1.0) / (m + 1.0);
  let f2 = f * f;
  let series = 1.0 + f2 * (1.0 / 3.0 + f2 * (1.0 / 5.0 + f2 * (1.0 / 7.0 + f2 * (1.0 / 9.0))));
  return e * LN_2 + 2.0 * f * series;
}

// log(1 - v) = -2 artanh(v / (2 - v)) for v in [0, 1/4], where 1 - v would lose digits of v.
fn log_one_minus(v: f32) -> f32 {
  let f = v / (2.0 - v);
  let f2 = f * f;
  let series = 1.0 + f2 * (1.0 / 3.0 + f2 * (1.0 / 5.0 + f2 * (1.0 / 7.0 + f2 * (1.0 / 9.0))));
  return -2.0 * f * series;
}

// log(1 + e) for e >= 0, accurate to the last digit also for small e: 2 artanh(e / (2 + e)).
fn log_one_plus(e: f32) -> f32 {
  if (e > 0.25) {
    return log_accurate(1.0 + e);
  }
  let f = e / (2.0 + e);
  let f2 = f * f;
  let series = 1.0 + f2 * (1.0 / 3.0 + f2 * (1.0 / 5.0 + f2 * (1.0 / 7.0)));
  return 2.0 * f * series;
}

const HALF_PI: f32 = 1.5707963267948966;

// (cos, sin) of a number of full turns. Quarters are exact in f32 after subtracting the nearest one; the
// remainder is at most an eighth of a turn, where Taylor's polynomials reach f32 accuracy.
fn cos_sin_turns(turns: f32) -> vec2f {
  let quarters = 4.0 * (turns - round(turns));
  let nearest = round(quarters);
  let a = HALF_PI * (quarters - nearest);
  let a2 = a * a;
  let s = a * (1.0 - a2 / 6.0 * (1.0 - a2 / 20.0 * (1.0 - a2 / 42.0 * (1.0 - a2 / 72.0))));
  let c = 1.0 - a2 / 2.0 * (1.0 - a2 / 12.0 * (1.0 - a2 / 30.0 * (1.0 - a2 / 56.0 * (1.0 - a2 / 90.0))));
  switch i32(nearest) {
    case 0: {
      return vec2f(c, s);
    }
    case 1: {
      return vec2f(-s, c);
    }
    case -1: {
      return vec2f(s, -c);
    }
    default: {
      return vec2f(-c, -s);
    }
  }
}

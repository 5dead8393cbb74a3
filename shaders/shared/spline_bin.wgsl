// One bin of a monotone rational-quadratic spline on [-bound, bound], which is the identity outside. For one value, or for
// four at once: the shader declares `alias Real`, `Index` and `Truth`, which are f32, u32 and bool, or vec4f, vec4u and
// vec4<bool>, and `log_of`. docs/derivations.md, eq. (60) to (63)

// Minimum width and height of a bin, as a share of the total, and minimum derivative at a knot.
const MIN_SHARE: f32 = 1e-3;
const MIN_DERIVATIVE: f32 = 1e-3;
// log(exp(1 - MIN_DERIVATIVE) - 1), so that a raw 0 gives the derivative 1.
const DERIVATIVE_SHIFT: f32 = 0.539742417236952;

struct Interval {
  index: Index,
  start: Real,
  size: Real,
}

struct Bin {
  x: Interval,
  y: Interval,
  // The derivatives at its knots.
  left: Real,
  right: Real,
}

struct SplineImage {
  value: Real,
  log_derivative: Real,
}

// The image of x, or with `inverse` the x of an image; `bin` contains inner_of(bound, value).
fn image_in(bin: Bin, bound: f32, value: Real, inverse: bool) -> SplineImage {
  let inner = inner_of(bound, value);
  var xi = Real(0.0);
  if (inverse) {
    xi = xi_of_y(bin, inner);
  } else {
    xi = xi_of_x(bin, inner);
  }
  let place = place_in(bin, xi);
  let x = bin.x.start + bin.x.size * xi;
  let z = bin.y.start + bin.y.size * place.numerator / place.denominator;
  let inside = is_inside(bound, value);
  return SplineImage(
    select(value, select(z, x, inverse), inside),
    select(Real(0.0), log_derivative_of(place), inside),
  );
}

fn is_inside(bound: f32, value: Real) -> Truth {
  return abs(value) <= Real(bound);
}

// Rows outside compute the spline's end, which is finite, and ignore it.
fn inner_of(bound: f32, value: Real) -> Real {
  return clamp(value, Real(-bound), Real(bound));
}

// Common terms of the formulas, at xi in [0, 1] of a bin.
struct Place {
  xi: Real,
  // xi (1 - xi)
  q: Real,
  // Mean slope of the bin.
  mean: Real,
  numerator: Real,
  denominator: Real,
  derivative_factor: Real,
}

fn place_in(bin: Bin, xi: Real) -> Place {
  let q = xi * (1.0 - xi);
  let mean = bin.y.size / bin.x.size;
  return Place(
    xi,
    q,
    mean,
    mean * xi * xi + bin.left * q,
    mean + (bin.left + bin.right - 2.0 * mean) * q,
    bin.right * xi * xi + 2.0 * mean * q + bin.left * (1.0 - xi) * (1.0 - xi),
  );
}

fn log_derivative_of(place: Place) -> Real {
  return log_of(place.derivative_factor) + 2.0 * log_of(place.mean / place.denominator);
}

fn xi_of_x(bin: Bin, x: Real) -> Real {
  return clamp((x - bin.x.start) / bin.x.size, Real(0.0), Real(1.0));
}

// The root of the quadratic for y, in the form that does not cancel.
fn xi_of_y(bin: Bin, y: Real) -> Real {
  let rise = clamp(y - bin.y.start, Real(0.0), bin.y.size);
  let mean = bin.y.size / bin.x.size;
  let bend = rise * (bin.left + bin.right - 2.0 * mean);
  let a = bin.y.size * (mean - bin.left) + bend;
  let b = bin.y.size * bin.left - bend;
  let c = mean * rise;
  return clamp(2.0 * c / (b + sqrt(max(b * b + 4.0 * a * c, Real(0.0)))), Real(0.0), Real(1.0));
}

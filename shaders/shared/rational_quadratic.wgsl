// Monotone rational-quadratic splines on [-bound, bound], the identity outside. The raw numbers of a spline are `bins`
// widths, `bins` heights and the derivatives at the bins - 1 inner knots; all zeros give the identity.
// For one value, or for four at once: the shader declares `alias Real`, `Index` and `Truth`, which are f32, u32 and bool, or
// vec4f, vec4u and vec4<bool>. It also declares `log_of`; `raw_number` and `raw_number_of_each`, of a number for each value;
// `softmax_of` and `share_of`, which are softmax_of_raw and share_of_raw unless the raw numbers have become shares.
// docs/derivations.md, eq. (58) to (63)

// Minimum width and height of a bin, as a share of the total, and minimum derivative at a knot.
const MIN_SHARE: f32 = 1e-3;
const MIN_DERIVATIVE: f32 = 1e-3;
// log(exp(1 - MIN_DERIVATIVE) - 1), so that a raw 0 gives the derivative 1.
const DERIVATIVE_SHIFT: f32 = 0.539742417236952;

struct Spline {
  bins: u32,
  bound: f32,
  // The place of the first raw number, and the distance to the next.
  first: u32,
  stride: u32,
  // The place of the gradient of the first raw number.
  gradient: u32,
}

struct SplineImage {
  value: Real,
  log_derivative: Real,
}

// The image of x, or with `inverse` the x of an image.
fn spline_image(spline: Spline, value: Real, inverse: bool) -> SplineImage {
  // Rows outside compute the spline's end, which is finite, and ignore it.
  let inner = inner_of(spline, value);
  let bin = bin_at(spline, inner, inverse);
  var xi = Real(0.0);
  if (inverse) {
    xi = xi_of_y(bin, inner);
  } else {
    xi = xi_of_x(bin, inner);
  }
  let place = place_in(bin, xi);
  let x = bin.x.start + bin.x.size * xi;
  let z = bin.y.start + bin.y.size * place.numerator / place.denominator;
  let inside = is_inside(spline, value);
  return SplineImage(
    select(value, select(z, x, inverse), inside),
    select(Real(0.0), log_derivative_of(place), inside),
  );
}

fn is_inside(spline: Spline, value: Real) -> Truth {
  return abs(value) <= Real(spline.bound);
}

fn inner_of(spline: Spline, value: Real) -> Real {
  return clamp(value, Real(-spline.bound), Real(spline.bound));
}

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

struct Softmax {
  largest: Real,
  total: Real,
}

fn softmax_of_raw(spline: Spline, first: u32) -> Softmax {
  var largest = raw_number(spline, first);
  for (var i = 1u; i < spline.bins; i++) {
    largest = max(largest, raw_number(spline, first + i));
  }
  var total = Real(0.0);
  for (var i = 0u; i < spline.bins; i++) {
    total += exp(raw_number(spline, first + i) - largest);
  }
  return Softmax(largest, total);
}

fn share_of_raw(raw: Real, softmax: Softmax) -> Real {
  return exp(raw - softmax.largest) / softmax.total;
}

// The interval that contains `value`, or interval `wanted` if that is valid. The last ends at the bound exactly.
fn interval_at(spline: Spline, first: u32, value: Real, wanted: Index) -> Interval {
  let softmax = softmax_of(spline, first);
  let searches = wanted >= Index(spline.bins);
  var edge = Real(-spline.bound);
  var found = Interval(Index(spline.bins - 1u), edge, edge);
  var is_found = Truth(false);
  for (var i = 0u; i < spline.bins - 1u; i++) {
    let share = MIN_SHARE + (1.0 - MIN_SHARE * f32(spline.bins)) * share_of(raw_number(spline, first + i), softmax);
    let size = 2.0 * spline.bound * share;
    let is_here = !is_found & select(Index(i) == wanted, value < edge + size, searches);
    found.index = select(found.index, Index(i), is_here);
    found.start = select(found.start, edge, is_here);
    found.size = select(found.size, size, is_here);
    is_found |= is_here;
    if (all(is_found)) {
      break;
    }
    edge += size;
  }
  found.start = select(edge, found.start, is_found);
  found.size = select(spline.bound - edge, found.size, is_found);
  return found;
}

// Outside, the spline continues with the derivative 1.
fn derivative_at(spline: Spline, knot: Index) -> Real {
  let is_end = (knot == Index(0u)) | (knot == Index(spline.bins));
  let inner = clamp(knot, Index(1u), Index(spline.bins - 1u));
  let v = raw_number_of_each(spline, Index(2u * spline.bins - 1u) + inner) + DERIVATIVE_SHIFT;
  let derivative = MIN_DERIVATIVE + max(v, Real(0.0)) + log_of(1.0 + exp(-abs(v)));
  return select(derivative, Real(1.0), is_end);
}

// The bin that contains x, or with `by_y` the one whose image contains `value`.
fn bin_at(spline: Spline, value: Real, by_y: bool) -> Bin {
  let first = select(0u, spline.bins, by_y);
  let found = interval_at(spline, first, value, Index(spline.bins));
  let other = interval_at(spline, spline.bins - first, value, found.index);
  // As a loop of unknown length, which the compiler keeps, it needs the registers of one derivative.
  var left = Real(0.0);
  var right = Real(0.0);
  for (var side = 0u; side < min(2u, spline.bins); side++) {
    left = right;
    right = derivative_at(spline, found.index + side);
  }
  if (by_y) {
    return Bin(other, found, left, right);
  }
  return Bin(found, other, left, right);
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

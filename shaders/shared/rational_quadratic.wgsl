// Monotone rational-quadratic splines on [-bound, bound], the identity outside. The raw numbers of a spline are `bins`
// widths, `bins` heights and the derivatives at the bins - 1 inner knots; all zeros give the identity.
// For one value, or for four at once, as spline_bin says. Apart from what spline_bin needs, the shader declares
// `raw_number` and `raw_number_of_each`, of a number for each value; `softmax_of` and `share_of`, which are softmax_of_raw
// and share_of_raw unless the raw numbers have become shares. docs/derivations.md, eq. (58), (59)
#include "shared/spline_bin.wgsl"

struct Spline {
  bins: u32,
  bound: f32,
  // The place of the first raw number, and the distance to the next.
  first: u32,
  stride: u32,
  // The place of the gradient of the first raw number.
  gradient: u32,
}

// The image of x, or with `inverse` the x of an image.
fn spline_image(spline: Spline, value: Real, inverse: bool) -> SplineImage {
  let bin = bin_at(spline, inner_of(spline.bound, value), inverse);
  return image_in(bin, spline.bound, value, inverse);
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

fn size_of(spline: Spline, raw: Real, softmax: Softmax) -> Real {
  let share = MIN_SHARE + (1.0 - MIN_SHARE * f32(spline.bins)) * share_of(raw, softmax);
  return 2.0 * spline.bound * share;
}

// The interval that contains `value`, or interval `wanted` if that is valid. The last ends at the bound exactly.
fn interval_at(spline: Spline, first: u32, value: Real, wanted: Index) -> Interval {
  let softmax = softmax_of(spline, first);
  let searches = wanted >= Index(spline.bins);
  var edge = Real(-spline.bound);
  var found = Interval(Index(spline.bins - 1u), edge, edge);
  var is_found = Truth(false);
  for (var i = 0u; i < spline.bins - 1u; i++) {
    let size = size_of(spline, raw_number(spline, first + i), softmax);
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

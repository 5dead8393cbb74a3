// Bins of a monotone rational-quadratic spline on [-bound, bound], the identity outside. A feature's raw numbers are
// BINS widths, BINS heights and the derivatives at the BINS - 1 inner knots; all zeros give the identity.
// Each row has separate numbers, raw [n_transformed, 3 BINS - 1, n_rows], or all rows share one set within a
// longer buffer: see params.raw_start, .raw_stride from number to number and .row_stride from row to row.
// Needs the size BINS, raw, these params and params.bound. docs/derivations.md, eq. (58) to (60)
#include "shared/elementary.wgsl"

// Minimum width and height of a bin, as a share of the total, and minimum derivative at a knot.
const MIN_SHARE: f32 = 1e-3;
const MIN_DERIVATIVE: f32 = 1e-3;
// log(exp(1 - MIN_DERIVATIVE) - 1), so that a raw 0 gives the derivative 1.
const DERIVATIVE_SHIFT: f32 = 0.539742417236952;
const N_RAW: u32 = 3u * BINS - 1u;

struct Interval {
  index: u32,
  start: f32,
  size: f32,
}

struct Bin {
  x: Interval,
  y: Interval,
  // The derivatives at its left and right knot.
  derivatives: vec2f,
}

fn raw_number(feature: u32, number: u32, row: u32) -> f32 {
  return raw[params.raw_start + (feature * N_RAW + number) * params.raw_stride + row * params.row_stride];
}

struct Softmax {
  largest: f32,
  total: f32,
}

fn softmax_of(feature: u32, first: u32, row: u32) -> Softmax {
  var largest = raw_number(feature, first, row);
  for (var i = 1u; i < BINS; i++) {
    largest = max(largest, raw_number(feature, first + i, row));
  }
  var total = 0.0;
  for (var i = 0u; i < BINS; i++) {
    total += exp(raw_number(feature, first + i, row) - largest);
  }
  return Softmax(largest, total);
}

fn share_of(feature: u32, number: u32, row: u32, softmax: Softmax) -> f32 {
  return exp(raw_number(feature, number, row) - softmax.largest) / softmax.total;
}

// The interval that contains `value`, or interval `wanted` if that is valid. The last ends at the bound exactly.
fn interval_at(feature: u32, first: u32, row: u32, value: f32, wanted: u32) -> Interval {
  let softmax = softmax_of(feature, first, row);
  var start = -params.bound;
  for (var i = 0u; i < BINS - 1u; i++) {
    let share = MIN_SHARE + (1.0 - MIN_SHARE * f32(BINS)) * share_of(feature, first + i, row, softmax);
    let size = 2.0 * params.bound * share;
    if (i == wanted || (wanted >= BINS && value < start + size)) {
      return Interval(i, start, size);
    }
    start += size;
  }
  return Interval(BINS - 1u, start, params.bound - start);
}

// Outside, the spline continues with the derivative 1.
fn derivative_at(feature: u32, knot: u32, row: u32) -> f32 {
  if (knot == 0u || knot == BINS) {
    return 1.0;
  }
  let v = raw_number(feature, 2u * BINS + knot - 1u, row) + DERIVATIVE_SHIFT;
  return MIN_DERIVATIVE + max(v, 0.0) + log_accurate(1.0 + exp(-abs(v)));
}

fn derivatives_of(feature: u32, bin: u32, row: u32) -> vec2f {
  return vec2f(derivative_at(feature, bin, row), derivative_at(feature, bin + 1u, row));
}

fn bin_of_x(feature: u32, row: u32, x: f32) -> Bin {
  let interval = interval_at(feature, 0u, row, x, BINS);
  let y = interval_at(feature, BINS, row, 0.0, interval.index);
  return Bin(interval, y, derivatives_of(feature, interval.index, row));
}

fn bin_of_y(feature: u32, row: u32, y: f32) -> Bin {
  let interval = interval_at(feature, BINS, row, y, BINS);
  let x = interval_at(feature, 0u, row, 0.0, interval.index);
  return Bin(x, interval, derivatives_of(feature, interval.index, row));
}

fn is_inside(value: f32) -> bool {
  return abs(value) <= params.bound;
}

// Common terms of the formulas, at xi in [0, 1] of a bin.
struct Place {
  xi: f32,
  // xi (1 - xi)
  q: f32,
  // Mean slope of the bin.
  mean: f32,
  numerator: f32,
  denominator: f32,
  derivative_factor: f32,
}

fn place_in(bin: Bin, xi: f32) -> Place {
  let q = xi * (1.0 - xi);
  let mean = bin.y.size / bin.x.size;
  return Place(
    xi,
    q,
    mean,
    mean * xi * xi + bin.derivatives.x * q,
    mean + (bin.derivatives.x + bin.derivatives.y - 2.0 * mean) * q,
    bin.derivatives.y * xi * xi + 2.0 * mean * q + bin.derivatives.x * (1.0 - xi) * (1.0 - xi),
  );
}

fn log_derivative_of(place: Place) -> f32 {
  return log_accurate(place.derivative_factor) + 2.0 * log_accurate(place.mean / place.denominator);
}

fn xi_of_x(bin: Bin, x: f32) -> f32 {
  return clamp((x - bin.x.start) / bin.x.size, 0.0, 1.0);
}

// The root of the quadratic for y, in the form that does not cancel.
fn xi_of_y(bin: Bin, y: f32) -> f32 {
  let rise = clamp(y - bin.y.start, 0.0, bin.y.size);
  let mean = bin.y.size / bin.x.size;
  let bend = rise * (bin.derivatives.x + bin.derivatives.y - 2.0 * mean);
  let a = bin.y.size * (mean - bin.derivatives.x) + bend;
  let b = bin.y.size * bin.derivatives.x - bend;
  let c = mean * rise;
  return clamp(2.0 * c / (b + sqrt(max(b * b + 4.0 * a * c, 0.0))), 0.0, 1.0);
}

// The spline of one feature of one row. Each row has separate raw numbers, raw [n_transformed, 3 BINS - 1, n_rows], or all
// rows share one set within a longer buffer: see params.raw_start, .raw_stride from number to number and .row_stride from
// row to row. Needs the size BINS, raw, these params and params.bound.
#include "shared/elementary.wgsl"
#include "shared/rational_quadratic.wgsl"

alias Real = f32;
alias Index = u32;
alias Truth = bool;

const N_RAW: u32 = 3u * BINS - 1u;

fn spline_of(feature: u32, row: u32) -> Spline {
  let first = params.raw_start + feature * N_RAW * params.raw_stride + row * params.row_stride;
  return Spline(BINS, params.bound, first, params.raw_stride, feature * N_RAW * params.n_rows + row);
}

fn raw_number(spline: Spline, number: u32) -> f32 {
  return raw[spline.first + number * spline.stride];
}

fn raw_number_of_each(spline: Spline, number: u32) -> f32 {
  return raw_number(spline, number);
}

fn log_of(value: f32) -> f32 {
  return log_accurate(value);
}

fn softmax_of(spline: Spline, first: u32) -> Softmax {
  return softmax_of_raw(spline, first);
}

fn share_of(raw: f32, softmax: Softmax) -> f32 {
  return share_of_raw(raw, softmax);
}

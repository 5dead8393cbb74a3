// Splines of one value whose raw numbers lie in the buffer `raw`. Needs the size BINS.
#include "shared/elementary.wgsl"
#include "shared/rational_quadratic.wgsl"

alias Real = f32;
alias Index = u32;
alias Truth = bool;

const N_RAW: u32 = 3u * BINS - 1u;

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

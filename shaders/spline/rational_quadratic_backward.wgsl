// Pulls the gradient back through z = spline(x), to x and to every raw number, and restores x in the state. x
// is the value kept by rational_quadratic: undoing a flat part of a spline would magnify the rounding of z.
// raw [n_transformed, 3 BINS - 1, n_rows], or without rows within a longer buffer; d_raw [n_transformed, 3 BINS - 1,
// n_rows]; kept_x [n_transformed, n_rows]; state z -> x and d_state d_z -> d_x: [*, n_rows] from feature transform_start,
// in place. d_log_det is the same for every valid row and zero for the padding after them.
// One invocation owns one feature of one row; nothing is accumulated. docs/derivations.md, eq. (63) to (68)
#include "shared/grid.wgsl"
#include "shared/rational_quadratic.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  raw_start: u32,
  raw_stride: u32,
  row_stride: u32,
  bound: f32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<f32>;
@group(0) @binding(2) var<storage, read> kept_x: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_state: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_raw: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_rows * params.n_transformed) {
    return;
  }
  let feature = index / params.n_rows;
  let row = index % params.n_rows;
  let state_place = params.transform_start * params.n_rows + index;
  let x = kept_x[index];
  state[state_place] = x;
  if (!is_inside(x)) {
    for (var number = 0u; number < N_RAW; number++) {
      d_raw[d_raw_place(feature, number, row)] = 0.0;
    }
    return;
  }
  let d_z = d_state[state_place];
  let d_log_det = select(0.0, params.d_log_det, row < params.n_valid_rows);
  let bin = bin_of_x(feature, row, x);
  let place = place_in(bin, xi_of_x(bin, x));
  let xi = place.xi;
  let q = place.q;
  let denominator = place.denominator;
  let ratio = place.numerator / denominator;
  let bend = bin.derivatives.x + bin.derivatives.y - 2.0 * place.mean;
  let d_derivative_factor = d_log_det / place.derivative_factor;
  // The denominator's gradient through the log-derivative.
  let d_denominator = -2.0 * d_log_det / denominator;
  let rise = bin.y.size;

  let d_xi = d_z * rise * place.mean * place.derivative_factor / (denominator * denominator)
    + 2.0 * d_derivative_factor * (bin.derivatives.y * xi + place.mean * (1.0 - 2.0 * xi) - bin.derivatives.x * (1.0 - xi))
    + d_denominator * bend * (1.0 - 2.0 * xi);
  let d_mean = d_z * rise * (xi * xi - ratio * (1.0 - 2.0 * q)) / denominator
    + 2.0 * d_log_det / place.mean + 2.0 * d_derivative_factor * q + d_denominator * (1.0 - 2.0 * q);
  let d_derivative_left = d_z * rise * q * (1.0 - ratio) / denominator
    + d_derivative_factor * (1.0 - xi) * (1.0 - xi) + d_denominator * q;
  let d_derivative_right = -d_z * rise * q * ratio / denominator + d_derivative_factor * xi * xi + d_denominator * q;

  let width = bin.x.size;
  let d_x = d_xi / width;
  d_state[state_place] = d_x;
  let k = bin.x.index;
  store_shares(feature, 0u, row, k, -d_x, -(d_xi * xi + d_mean * place.mean) / width);
  store_shares(feature, BINS, row, k, d_z, d_z * ratio + d_mean / width);
  for (var knot = 1u; knot < BINS; knot++) {
    let number = 2u * BINS + knot - 1u;
    let d_derivative = select(0.0, d_derivative_left, knot == k) + select(0.0, d_derivative_right, knot == k + 1u);
    let v = raw_number(feature, number, row) + DERIVATIVE_SHIFT;
    d_raw[d_raw_place(feature, number, row)] = d_derivative * sigmoid(v);
  }
}

fn d_raw_place(feature: u32, number: u32, row: u32) -> u32 {
  return (feature * N_RAW + number) * params.n_rows + row;
}

// Maps the gradients of the start and size of interval k to the gradients of all raw numbers.
fn store_shares(feature: u32, first: u32, row: u32, k: u32, d_start: f32, d_size: f32) {
  let softmax = softmax_of(feature, first, row);
  let whole = 2.0 * params.bound * (1.0 - MIN_SHARE * f32(BINS));
  var mean = share_of(feature, first + k, row, softmax) * d_size;
  for (var i = 0u; i < k; i++) {
    mean += share_of(feature, first + i, row, softmax) * d_start;
  }
  for (var i = 0u; i < BINS; i++) {
    let d_share = select(select(0.0, d_size, i == k), d_start, i < k);
    let share = share_of(feature, first + i, row, softmax);
    d_raw[d_raw_place(feature, first + i, row)] = whole * share * (d_share - mean);
  }
}

// Pulls the gradient back through z = spline(x), to x and to every raw number, and restores x in the state. x
// is the value kept by rational_quadratic: undoing a flat part of a spline would magnify the rounding of z.
// raw, d_raw [n_transformed, 3 BINS - 1, n_rows]; kept_x [n_transformed, n_rows]; state z -> x and d_state d_z -> d_x:
// [*, n_rows] from feature transform_start, in place. d_log_det is the same for every valid row and zero for the padding
// after them.
// One invocation owns one feature of one row; nothing is accumulated. docs/derivations.md, eq. (63) to (68)
#include "shared/grid.wgsl"
#include "shared/rational_quadratic_gradient.wgsl"
#include "shared/spline_row.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_transformed: u32,
  transform_start: u32,
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
  let d_log_det = select(0.0, params.d_log_det, row < params.n_valid_rows);
  state[state_place] = x;
  d_state[state_place] = spline_gradient(spline_of(feature, row), x, d_state[state_place], d_log_det);
}

fn keep_raw_gradient(spline: Spline, number: u32, value: f32) {
  d_raw[spline.gradient + number * params.n_rows] = value;
}

fn sigmoid_of(value: f32) -> f32 {
  return sigmoid(value);
}

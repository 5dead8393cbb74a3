// x of z = spline(x) on the transformed block, in place; log_scale receives the logarithm of the spline's slope at x.
// raw [n_transformed, 3 BINS - 1, n_rows], or without rows within a longer buffer; state [*, n_rows] from feature
// transform_start; log_scale [n_transformed, n_rows], for log_det_reduce.
// One invocation transforms one feature of one row; nothing is accumulated.
// Durkan et al. 2019, appendix A.3; docs/derivations.md, eq. (58) to (63)
#include "shared/grid.wgsl"
#include "shared/rational_quadratic.wgsl"

struct Params {
  n_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  raw_start: u32,
  raw_stride: u32,
  row_stride: u32,
  bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_scale: array<f32>;

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
  let z = state[state_place];
  // Rows outside compute the spline's end, which is finite, and do not use it.
  let inner = clamp(z, -params.bound, params.bound);
  let bin = bin_of_y(feature, row, inner);
  let place = place_in(bin, xi_of_y(bin, inner));
  let x = bin.x.start + bin.x.size * place.xi;
  state[state_place] = select(z, x, is_inside(z));
  log_scale[index] = select(0.0, log_slope_of(place), is_inside(z));
}

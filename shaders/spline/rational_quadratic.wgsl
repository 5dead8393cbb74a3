// z = spline(x) on the transformed block, or x of z with INVERSE, in place; log_scale receives log dz/dx.
// raw [n_transformed, 3 BINS - 1, n_rows]; state [*, n_rows] from feature transform_start; log_scale [n_transformed,
// n_rows], for log_det_reduce; with KEEP_INPUT kept_x, as long, receives x.
// One invocation transforms one feature of one row; nothing is accumulated.
// Durkan et al. 2019, eq. (4), (5), appendix A.3; docs/derivations.md, eq. (58) to (63)
#include "shared/grid.wgsl"
#include "shared/spline_row.wgsl"

struct Params {
  n_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_scale: array<f32>;
#if KEEP_INPUT
@group(0) @binding(4) var<storage, read_write> kept_x: array<f32>;
#endif

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
  let value = state[state_place];
#if KEEP_INPUT
  kept_x[index] = value;
#endif
#if INVERSE
  let image = spline_image(spline_of(feature, row), value, true);
#else
  let image = spline_image(spline_of(feature, row), value, false);
#endif
  state[state_place] = image.value;
  log_scale[index] = image.log_derivative;
}

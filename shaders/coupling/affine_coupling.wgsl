// z2 = x2 exp(s) + t, or (x2 + t) exp(s) with SHIFT_FIRST, and with INVERSE back from z2 to x2; s = scale_map(a).
// conditioner_output [a | t]: [2 n_transformed, n_rows]; state [*, n_rows] from feature transform_start,
// in place; log_scale [n_transformed, n_rows] receives s for log_det_reduce.
// With CHECKERBOARD, features are pixels of channels, and those with (row + column) mod 2 = parity stay as they are.
// One invocation transforms one feature of one row; nothing is accumulated.
// Dinh et al. 2016, eq. (7), (8); docs/derivations.md, eq. (7), (8), (84)
#include "shared/checkerboard.wgsl"
#include "shared/grid.wgsl"
#include "shared/scale_map.wgsl"

struct Params {
  n_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  scale_bound: f32,
  n_pixels: u32,
  width: u32,
  parity: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> conditioner_output: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_scale: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_elements = params.n_rows * params.n_transformed;
  if (index >= n_elements) {
    return;
  }
#if CHECKERBOARD
  if (is_of_parity((index / params.n_rows) % params.n_pixels, params.width, params.parity)) {
    log_scale[index] = 0.0;
    return;
  }
#endif
  let s = log_scale_of(conditioner_output[index], params.scale_bound).value;
  let t = conditioner_output[n_elements + index];
  let place = params.transform_start * params.n_rows + index;
#if SHIFT_FIRST
#if INVERSE
  state[place] = state[place] * exp(-s) - t;
#else
  state[place] = (state[place] + t) * exp(s);
#endif
#else
#if INVERSE
  state[place] = (state[place] - t) * exp(-s);
#else
  state[place] = state[place] * exp(s) + t;
#endif
#endif
  log_scale[index] = s;
}

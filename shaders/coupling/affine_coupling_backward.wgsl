// Undoes a coupling and pulls the gradient back through it: x2 = (z2 - t) exp(-s), d_x2 = d_z2 exp(s),
// d_t = d_z2, d_a = (d_z2 x2 exp(s) + d_log_det) ds/da, with x2 exp(s) = z2 - t. With SHIFT_FIRST, x2 = z2 exp(-s) - t,
// d_t = d_x2, d_a = (d_z2 z2 + d_log_det) ds/da.
// conditioner_output, d_conditioner_output [a | t]: [2 n_transformed, n_rows]; state z -> x and d_state
// d_z -> d_x: [*, n_rows] from feature transform_start, in place. d_log_det is the same for every valid row and
// zero for the padding after them.
// With CHECKERBOARD, features are pixels of channels, and those with (row + column) mod 2 = parity stay as they are.
// One invocation owns one feature of one row; nothing is accumulated. docs/derivations.md, eq. (16) to (19), (84)
#include "shared/checkerboard.wgsl"
#include "shared/grid.wgsl"
#include "shared/scale_map.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  scale_bound: f32,
  d_log_det: f32,
  n_pixels: u32,
  width: u32,
  parity: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> conditioner_output: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_state: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_conditioner_output: array<f32>;

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
    d_conditioner_output[index] = 0.0;
    d_conditioner_output[n_elements + index] = 0.0;
    return;
  }
#endif
  let s = log_scale_of(conditioner_output[index], params.scale_bound);
  let t = conditioner_output[n_elements + index];
  let place = params.transform_start * params.n_rows + index;
  let d_z = d_state[place];
  let d_x = d_z * exp(s.value);
#if SHIFT_FIRST
  let scaled = state[place];
  state[place] = scaled * exp(-s.value) - t;
  let d_t = d_x;
#else
  let scaled = state[place] - t;
  state[place] = scaled * exp(-s.value);
  let d_t = d_z;
#endif
  d_state[place] = d_x;
  let d_log_det = select(0.0, params.d_log_det, index % params.n_rows < params.n_valid_rows);
  d_conditioner_output[index] = (d_z * scaled + d_log_det) * s.derivative;
  d_conditioner_output[n_elements + index] = d_t;
}

// z2 = x2 + sign t on the transformed block, in place: the additive coupling, or its inverse with sign = -1.
// conditioner_output t: [n_transformed, n_rows]; state [*, n_rows] from feature transform_start.
// With CHECKERBOARD, features are pixels of channels, and those with (row + column) mod 2 = parity stay as they are.
// With GRADIENT, d_conditioner_output [n_transformed, n_rows] receives d_t = d_z2 from d_state, and 0 where features stay.
// One invocation shifts one feature of one row; nothing is accumulated.
// Dinh et al. 2014, section 3.2; docs/derivations.md, eq. (49)
#include "shared/checkerboard.wgsl"
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  sign: f32,
  n_pixels: u32,
  width: u32,
  parity: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> conditioner_output: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
#if GRADIENT
@group(0) @binding(3) var<storage, read> d_state: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_conditioner_output: array<f32>;
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
#if CHECKERBOARD
  if (is_of_parity((index / params.n_rows) % params.n_pixels, params.width, params.parity)) {
#if GRADIENT
    d_conditioner_output[index] = 0.0;
#endif
    return;
  }
#endif
  let place = params.transform_start * params.n_rows + index;
  state[place] += params.sign * conditioner_output[index];
#if GRADIENT
  d_conditioner_output[index] = d_state[place];
#endif
}

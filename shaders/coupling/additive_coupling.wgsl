// z2 = x2 + sign t on the transformed block, in place: the additive coupling, or its inverse with sign = -1.
// conditioner_output t: [n_transformed, n_rows]; state [*, n_rows] from feature transform_start.
// One invocation shifts one feature of one row; nothing is accumulated.
// Dinh et al. 2014, section 3.2; docs/derivations.md, eq. (49)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> conditioner_output: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

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
  state[params.transform_start * params.n_rows + index] += params.sign * conditioner_output[index];
}

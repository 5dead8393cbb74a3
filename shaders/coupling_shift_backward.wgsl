// Undoes an additive coupling with a bounded shift and pulls the gradient back to its net: x2 = z2 - t,
// d_u = d_z2 dt/du, t = shift_map(u); d_x2 is d_z2 and stays where it is.
// conditioner_output u and d_conditioner_output: [n_transformed, n_rows]; state z -> x, in place, and d_state:
// [*, n_rows] from feature transform_start.
// One invocation owns one feature of one row; nothing is accumulated. docs/derivations.md, eq. (49), (85)
#include "shared/grid.wgsl"
#include "shared/shift_map.wgsl"

struct Params {
  n_rows: u32,
  n_transformed: u32,
  transform_start: u32,
  shift_bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> conditioner_output: array<f32>;
@group(0) @binding(2) var<storage, read> d_state: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
@group(0) @binding(4) var<storage, read_write> d_conditioner_output: array<f32>;

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
  let t = shift_of(conditioner_output[index], params.shift_bound);
  let place = params.transform_start * params.n_rows + index;
  state[place] -= t.value;
  d_conditioner_output[index] = d_state[place] * t.slope;
}

// average += w (parameters - average) with w = max(min_weight, 9 / (9 + t)) after update t = step + 1: an exponential moving
// average whose memory grows with the run. If the update was refused, nothing changes.
// parameters, average [n_quads]; step_state [2]: step, refused.
// One invocation owns four parameters (a quad); it runs between the update and step_record.
// docs/derivations.md, eq. (141)
#include "shared/grid.wgsl"

struct Params {
  n_quads: u32,
  min_weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step_state: array<u32>;
@group(0) @binding(2) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> average: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_quads || step_state[1] != 0u) {
    return;
  }
  let weight = max(params.min_weight, 9.0 / (f32(step_state[0]) + 10.0));
  average[index] += weight * (parameters[index] - average[index]);
}

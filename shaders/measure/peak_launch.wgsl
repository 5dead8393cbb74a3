// Nothing, as launched by `wgflow bench`: the time of an empty dispatch.
// output [n_elements]: ones. The benchmark asks for 0 elements.
// One invocation owns an element. The binding is writable, as in the dispatches of a plan: so each
// dispatch waits for the one before.
#include "shared/grid.wgsl"

struct Params {
  n_elements: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index < params.n_elements) {
    output[index] = 1.0;
  }
}

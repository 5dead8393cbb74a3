// gradients[p] += sum over k of partials[k, p]. partials [n_slices, n_parameters] from resident_backward_weight;
// gradients [n_parameters]. One invocation owns one parameter and adds the slices in ascending order.
// docs/derivations.md, eq. (23), (24)
#include "shared/grid.wgsl"

struct Params {
  n_parameters: u32,
  n_slices: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_parameters) {
    return;
  }
  var sum = 0.0;
  for (var k = 0u; k < params.n_slices; k++) {
    sum += partials[k * params.n_parameters + index];
  }
  gradients[index] += sum;
}

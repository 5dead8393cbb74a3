// half_parameters[i] = parameters[i], rounded to half precision, for the nets' kernels with F16.
// parameters [n_elements]; half_parameters f16 [n_elements]. One invocation rounds one element. Elements
// beyond 65,504 become infinite.
enable f16;
#include "shared/grid.wgsl"

struct Params {
  n_elements: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> half_parameters: array<f16>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_elements) {
    return;
  }
  half_parameters[index] = f16(parameters[index]);
}

// g = 0 in the quads of gradients whose bit of frozen is set, so that neither the gradient's norm nor an update has them.
// gradients [n_quads]; frozen [n_quads / 32 words].
// One invocation owns four gradients (a quad); it runs between the backward pass and reduce_sum.
// docs/derivations.md, eq. (26)
#include "shared/grid.wgsl"

struct Params {
  n_quads: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> frozen: array<u32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_quads) {
    return;
  }
  if (((frozen[index / 32u] >> (index % 32u)) & 1u) == 1u) {
    gradients[index] = vec4f();
  }
}

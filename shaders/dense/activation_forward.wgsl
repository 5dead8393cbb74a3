// output[j, r] = phi(input[j, r]), between the running sum of a residual net and its next block.
// input, output, derivative [n_features, n_quads], derivative = phi' at the same place; a quad is four rows.
// One invocation owns one quad of one feature. He et al. 2016, "Identity mappings in deep residual networks", fig. 4e;
// docs/derivations.md, eq. (80)
#include "shared/grid.wgsl"
#include "shared/activation.wgsl"

struct Params {
  n_quads: u32,
  n_features: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
#if STORE_DERIVATIVE
@group(0) @binding(3) var<storage, read_write> derivative: array<vec4f>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_features * params.n_quads) {
    return;
  }
  let activated = activate(input[index]);
  output[index] = activated.value;
#if STORE_DERIVATIVE
  derivative[index] = activated.derivative;
#endif
}

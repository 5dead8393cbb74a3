// output[i] = input[i]: the adapter's fastest way through memory.
// input [n_elements]; output [n_elements].
// One workgroup copies WORKGROUP_SIZE PER_INVOCATION consecutive elements (quads of them with VEC4);
// neighbouring invocations copy neighbouring elements. n_elements is a multiple of four.
// `wgflow bench` takes the fastest of several shapes: none is the fastest everywhere.
#include "shared/grid.wgsl"

struct Params {
  n_elements: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
#if VEC4
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
const WIDTH = 4u;
#else
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;
const WIDTH = 1u;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let first = linear_index(group, n_groups, 0u) * PER_INVOCATION + local;
  let count = params.n_elements / WIDTH;
#unroll k PER_INVOCATION
  if (first + $k * WORKGROUP_SIZE < count) {
    output[first + $k * WORKGROUP_SIZE] = input[first + $k * WORKGROUP_SIZE];
  }
#end
}

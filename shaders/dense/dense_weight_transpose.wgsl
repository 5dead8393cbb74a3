// transposed[i, o] = W[o, i], in rows padded to a multiple of four; zero past the last output.
// parameters: W [n_outputs, n_inputs]; transposed [n_inputs, n_output_quads] quads of outputs.
// One invocation writes one quad.
#if F16
enable f16;
#endif
#include "shared/grid.wgsl"
#include "shared/stored.wgsl"

struct Params {
  n_inputs: u32,
  n_outputs: u32,
  n_output_quads: u32,
  weight_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<Stored>;
@group(0) @binding(2) var<storage, read_write> transposed: array<StoredQuad>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  // Neighbouring invocations take neighbouring inputs, so that they load neighbouring weights.
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_inputs * params.n_output_quads) {
    return;
  }
  let i = index % params.n_inputs;
  let output_quad = index / params.n_inputs;
  let outputs = 4u * output_quad + vec4u(0u, 1u, 2u, 3u);
  let places = params.weight_offset + min(outputs, vec4u(params.n_outputs - 1u)) * params.n_inputs + i;
  let weights = StoredQuad(parameters[places.x], parameters[places.y], parameters[places.z], parameters[places.w]);
  transposed[i * params.n_output_quads + output_quad] = select(StoredQuad(), weights, outputs < vec4u(params.n_outputs));
}

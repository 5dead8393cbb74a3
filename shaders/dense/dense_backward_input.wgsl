// d_input[i, r] = phi'[i, r] sum_o W[o, i] d_output[o, r], with phi' if HIDDEN; added to d_input with ADD.
// parameters: W [n_outputs, weight_stride], of which the first n_inputs columns are used; d_output [*, n_quads] from
// feature output_start; derivative [n_inputs, n_quads] is phi' of the layer below; d_input [*, n_quads] from feature
// input_start; a quad is four rows. One invocation owns INPUT_BLOCK inputs of one quad, so that each weight is loaded
// once for four rows, and sums over o in ascending order. docs/derivations.md, eq. (21), (22), (81)
#if F16
enable f16;
#endif
#include "shared/grid.wgsl"
#include "shared/stored.wgsl"

// 4, or 1 for layers with fewer than four inputs.
override INPUT_BLOCK: u32 = 4u;

struct Params {
  n_quads: u32,
  n_inputs: u32,
  n_outputs: u32,
  weight_stride: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<Stored>;
@group(0) @binding(2) var<storage, read> d_output: array<vec4f>;
#if HIDDEN
@group(0) @binding(3) var<storage, read> derivative: array<StoredQuad>;
#endif
@group(0) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let first_input = (index / params.n_quads) * INPUT_BLOCK;
  if (first_input >= params.n_inputs) {
    return;
  }
  let quad = index % params.n_quads;
  let inputs = min(first_input + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_inputs - 1u));
  var weight_at = params.weight_offset + inputs;
  var d_output_at = params.output_start * params.n_quads + quad;

  var sum_0 = vec4f();
  var sum_1 = vec4f();
  var sum_2 = vec4f();
  var sum_3 = vec4f();
  for (var o = 0u; o < params.n_outputs; o++) {
    let d = d_output[d_output_at];
    sum_0 += f32(parameters[weight_at.x]) * d;
    if (INPUT_BLOCK == 4u) {
      sum_1 += f32(parameters[weight_at.y]) * d;
      sum_2 += f32(parameters[weight_at.z]) * d;
      sum_3 += f32(parameters[weight_at.w]) * d;
    }
    weight_at += params.weight_stride;
    d_output_at += params.n_quads;
  }

  store(first_input, quad, sum_0);
  if (INPUT_BLOCK == 4u) {
    store(first_input + 1u, quad, sum_1);
    store(first_input + 2u, quad, sum_2);
    store(first_input + 3u, quad, sum_3);
  }
}

fn store(i: u32, quad: u32, sums: vec4f) {
  if (i >= params.n_inputs) {
    return;
  }
  let place = (params.input_start + i) * params.n_quads + quad;
#if HIDDEN
  let pulled = sums * vec4f(derivative[i * params.n_quads + quad]);
#else
  let pulled = sums;
#endif
#if ADD
  d_input[place] += pulled;
#else
  d_input[place] = pulled;
#endif
}

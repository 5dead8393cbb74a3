// output[o, r] = phi(sum_i W[o, i] input[i, r] + b[o]), a fully connected layer on feature-major rows.
// parameters: W [n_outputs, n_inputs], b [n_outputs]; input [*, n_quads] from feature input_start;
// output, derivative [*, n_quads] from feature output_start, derivative = phi' at the same place; a quad is
// four rows. With ADD, phi is applied to the sum plus the previous output.
// One invocation computes OUTPUT_BLOCK outputs of one quad, so that each weight is loaded once for four rows,
// and sums over i in ascending order. docs/derivations.md, eq. (12), (13), (80)
#if F16
enable f16;
#endif
#include "shared/grid.wgsl"
#include "shared/activation.wgsl"
#include "shared/layer_rows.wgsl"
#include "shared/stored.wgsl"

// 4, or 1 for layers with fewer than four outputs.
override OUTPUT_BLOCK: u32 = 4u;

struct Params {
  n_quads: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
  bias_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<Stored>;
@group(0) @binding(2) var<storage, read> input: array<InputQuad>;
@group(0) @binding(3) var<storage, read_write> output: array<OutputQuad>;
#if STORE_DERIVATIVE
@group(0) @binding(4) var<storage, read_write> derivative: array<OutputQuad>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let first_output = (index / params.n_quads) * OUTPUT_BLOCK;
  if (first_output >= params.n_outputs) {
    return;
  }
  let quad = index % params.n_quads;
  let outputs = min(first_output + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  var weight_at = params.weight_offset + outputs * params.n_inputs;
  var input_at = params.input_start * params.n_quads + quad;

  var sum_0 = vec4f(f32(parameters[params.bias_offset + outputs.x]));
  var sum_1 = vec4f(f32(parameters[params.bias_offset + outputs.y]));
  var sum_2 = vec4f(f32(parameters[params.bias_offset + outputs.z]));
  var sum_3 = vec4f(f32(parameters[params.bias_offset + outputs.w]));
  for (var i = 0u; i < params.n_inputs; i++) {
    let x = vec4f(input[input_at]);
    sum_0 += f32(parameters[weight_at.x]) * x;
    if (OUTPUT_BLOCK == 4u) {
      sum_1 += f32(parameters[weight_at.y]) * x;
      sum_2 += f32(parameters[weight_at.z]) * x;
      sum_3 += f32(parameters[weight_at.w]) * x;
    }
    weight_at += 1u;
    input_at += params.n_quads;
  }

  store(first_output, quad, sum_0);
  if (OUTPUT_BLOCK == 4u) {
    store(first_output + 1u, quad, sum_1);
    store(first_output + 2u, quad, sum_2);
    store(first_output + 3u, quad, sum_3);
  }
}

fn store(o: u32, quad: u32, sums: vec4f) {
  if (o >= params.n_outputs) {
    return;
  }
  let place = (params.output_start + o) * params.n_quads + quad;
#if ADD
  let activated = activate(sums + output[place]);
#else
  let activated = activate(sums);
#endif
  output[place] = OutputQuad(activated.value);
#if STORE_DERIVATIVE
  derivative[place] = OutputQuad(activated.derivative);
#endif
}

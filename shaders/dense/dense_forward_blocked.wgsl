// output[o, r] = phi(sum_i W[o, i] input[i, r] + b[o]): dense_forward for wide layers.
// parameters: W [n_outputs, n_inputs], b [n_outputs]; input [*, n_quads] from feature input_start;
// output, derivative [*, n_quads] from feature output_start, derivative = phi' at the same place; a quad is
// four rows. With ADD, phi is applied to the sum plus the previous output.
// A workgroup owns a tile of outputs by quads, in workgroup memory. Each invocation keeps a block of it in registers
// and sums over i in ascending order: shared/blocked_product.wgsl. docs/derivations.md, eq. (12), (13), (80)
#if F16
enable f16;
#endif
#include "shared/activation.wgsl"
#include "shared/blocked_product.wgsl"
#include "shared/blocked_weights.wgsl"
#include "shared/layer_rows.wgsl"

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

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var sums = block_product(group, local, params.n_inputs);
  let block = block_of(group, local);
  for (var f = 0u; f < BLOCK_FEATURES && feature_of(block, f) < params.n_outputs; f++) {
    let o = feature_of(block, f);
    let bias = f32(parameters[params.bias_offset + o]);
    for (var q = 0u; q < ROW_QUADS && block.quad + SIDE * q < params.n_quads; q++) {
      let place = (params.output_start + o) * params.n_quads + block.quad + SIDE * q;
      var sum = sums[f * ROW_QUADS + q] + bias;
#if ADD
      sum += vec4f(output[place]);
#endif
      let activated = activate(sum);
      output[place] = OutputQuad(activated.value);
#if STORE_DERIVATIVE
      derivative[place] = OutputQuad(activated.derivative);
#endif
    }
  }
}

fn outputs_of(slot: u32) -> vec4u {
  return min(4u * slot + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
}

fn right_quad(i: u32, quad: u32) -> vec4f {
  return vec4f(input[(params.input_start + i) * params.n_quads + min(quad, params.n_quads - 1u)]);
}

// partials[k, o, i] = sum over the quads of slice k of d_output[o, r] input[i, r]; column i = n_inputs is the
// bias, whose input is 1. dense_weight_reduce adds the slices.
// d_output [*, n_quads] from feature output_start; input [*, n_quads] from feature input_start;
// partials [n_slices, n_outputs, n_inputs + 1]; a quad is four rows. One invocation owns a block of
// OUTPUT_BLOCK outputs by 4 columns in one slice, quads k, k + n_slices, ..., and sums over them in ascending
// order: no atomics, no barriers. docs/derivations.md, eq. (23), (24)
#if F16
enable f16;
#endif
#include "shared/grid.wgsl"
#include "shared/stored.wgsl"

const COLUMN_BLOCK: u32 = 4u;
// 4, or 1 for layers with fewer than four outputs.
override OUTPUT_BLOCK: u32 = 4u;

struct Params {
  n_quads: u32,
  n_slices: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<vec4f>;
@group(0) @binding(2) var<storage, read> input: array<StoredQuad>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_columns = params.n_inputs + 1u;
  let n_column_blocks = (n_columns + COLUMN_BLOCK - 1u) / COLUMN_BLOCK;
  // Neighbouring invocations take neighbouring slices, so that they load neighbouring quads.
  let slice = index % params.n_slices;
  let block = index / params.n_slices;
  let first_output = (block / n_column_blocks) * OUTPUT_BLOCK;
  let first_column = (block % n_column_blocks) * COLUMN_BLOCK;
  if (first_output >= params.n_outputs) {
    return;
  }

  let columns = first_column + vec4u(0u, 1u, 2u, 3u);
  let is_bias = columns == vec4u(params.n_inputs);
  let input_at = (params.input_start + min(columns, vec4u(params.n_inputs - 1u))) * params.n_quads;
  let outputs = min(first_output + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  let d_output_at = (params.output_start + outputs) * params.n_quads;

  var sum_0 = vec4f();
  var sum_1 = vec4f();
  var sum_2 = vec4f();
  var sum_3 = vec4f();
  for (var quad = slice; quad < params.n_quads; quad += params.n_slices) {
    // One matrix row per column of the layer, so that x * d is the block's part of four sums.
    let x = transpose(mat4x4f(
      select(vec4f(input[input_at.x + quad]), vec4f(1.0), is_bias.x),
      select(vec4f(input[input_at.y + quad]), vec4f(1.0), is_bias.y),
      select(vec4f(input[input_at.z + quad]), vec4f(1.0), is_bias.z),
      select(vec4f(input[input_at.w + quad]), vec4f(1.0), is_bias.w),
    ));
    sum_0 += x * d_output[d_output_at.x + quad];
    if (OUTPUT_BLOCK == 4u) {
      sum_1 += x * d_output[d_output_at.y + quad];
      sum_2 += x * d_output[d_output_at.z + quad];
      sum_3 += x * d_output[d_output_at.w + quad];
    }
  }

  store(slice, first_output, first_column, sum_0);
  if (OUTPUT_BLOCK == 4u) {
    store(slice, first_output + 1u, first_column, sum_1);
    store(slice, first_output + 2u, first_column, sum_2);
    store(slice, first_output + 3u, first_column, sum_3);
  }
}

fn store(slice: u32, o: u32, first_column: u32, sums: vec4f) {
  let n_columns = params.n_inputs + 1u;
  if (o >= params.n_outputs) {
    return;
  }
  let start = (slice * params.n_outputs + o) * n_columns + first_column;
  for (var k = 0u; k < min(COLUMN_BLOCK, n_columns - first_column); k++) {
    partials[start + k] = sums[k];
  }
}

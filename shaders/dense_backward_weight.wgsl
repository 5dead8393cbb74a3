// partials[k, o, i] = sum over the rows of slice k of d_output[o, r] input[i, r]; column i = n_inputs is the
// bias, whose input is 1. dense_weight_reduce adds the slices.
// d_output [*, n_rows] from feature output_start; input [*, n_rows] from feature input_start;
// partials [n_slices, n_outputs, n_inputs + 1].
// One invocation owns a block of 4 outputs by 4 columns in one slice, rows k, k + n_slices, ..., and sums over
// them in ascending order: no atomics, no barriers. docs/derivations.md, eq. (23), (24)
#include "shared/grid.wgsl"

const BLOCK: u32 = 4u;

struct Params {
  n_rows: u32,
  n_slices: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_columns = params.n_inputs + 1u;
  let n_column_blocks = (n_columns + BLOCK - 1u) / BLOCK;
  // Neighbouring invocations take neighbouring slices, so that they load neighbouring rows.
  let slice = index % params.n_slices;
  let block = index / params.n_slices;
  let first_output = (block / n_column_blocks) * BLOCK;
  let first_column = (block % n_column_blocks) * BLOCK;
  if (first_output >= params.n_outputs) {
    return;
  }

  let columns = first_column + vec4u(0u, 1u, 2u, 3u);
  let is_bias = columns == vec4u(params.n_inputs);
  let input_at = (params.input_start + min(columns, vec4u(params.n_inputs - 1u))) * params.n_rows;
  let outputs = min(first_output + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  let d_output_at = (params.output_start + outputs) * params.n_rows;

  var sum_0 = vec4f();
  var sum_1 = vec4f();
  var sum_2 = vec4f();
  var sum_3 = vec4f();
  for (var row = slice; row < params.n_rows; row += params.n_slices) {
    let x = vec4f(
      input[input_at.x + row],
      input[input_at.y + row],
      input[input_at.z + row],
      input[input_at.w + row],
    );
    let x_or_one = select(x, vec4f(1.0), is_bias);
    sum_0 += d_output[d_output_at.x + row] * x_or_one;
    sum_1 += d_output[d_output_at.y + row] * x_or_one;
    sum_2 += d_output[d_output_at.z + row] * x_or_one;
    sum_3 += d_output[d_output_at.w + row] * x_or_one;
  }

  store(slice, first_output, first_column, sum_0);
  store(slice, first_output + 1u, first_column, sum_1);
  store(slice, first_output + 2u, first_column, sum_2);
  store(slice, first_output + 3u, first_column, sum_3);
}

fn store(slice: u32, o: u32, first_column: u32, sums: vec4f) {
  let n_columns = params.n_inputs + 1u;
  if (o >= params.n_outputs) {
    return;
  }
  let start = (slice * params.n_outputs + o) * n_columns + first_column;
  for (var k = 0u; k < min(BLOCK, n_columns - first_column); k++) {
    partials[start + k] = sums[k];
  }
}

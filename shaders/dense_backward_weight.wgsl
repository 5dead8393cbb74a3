// d_W[o, i] += sum_r d_output[o, r] input[i, r] and d_b[o] += sum_r d_output[o, r].
// d_output [*, n_rows] from feature output_start; input [*, n_rows] from feature input_start;
// gradients: d_W [n_outputs, n_inputs] at weight_offset, d_b [n_outputs] at bias_offset.
// One invocation owns one weight or bias and sums over the rows in ascending order, in blocks of SUM_BLOCK
// so that rounding grows with the block count; chunks of whole blocks give the same bits. eq. (23), (24)
#include "shared/grid.wgsl"

const SUM_BLOCK: u32 = 64u;

struct Params {
  n_rows: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
  bias_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  // Column n_inputs stands for the bias, whose input is 1.
  let n_columns = params.n_inputs + 1u;
  if (index >= params.n_outputs * n_columns) {
    return;
  }
  let i = index % n_columns;
  let o = index / n_columns;
  let is_bias = i == params.n_inputs;
  let d_output_start = (params.output_start + o) * params.n_rows;
  let input_start = (params.input_start + i) * params.n_rows;
  let place = select(params.weight_offset + o * params.n_inputs + i, params.bias_offset + o, is_bias);

  var sum = gradients[place];
  for (var block = 0u; block < params.n_rows; block += SUM_BLOCK) {
    let end = min(block + SUM_BLOCK, params.n_rows);
    var partial = 0.0;
    if (is_bias) {
      for (var row = block; row < end; row++) {
        partial += d_output[d_output_start + row];
      }
    } else {
      for (var row = block; row < end; row++) {
        partial += d_output[d_output_start + row] * input[input_start + row];
      }
    }
    sum += partial;
  }
  gradients[place] = sum;
}

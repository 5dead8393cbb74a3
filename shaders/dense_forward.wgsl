// output[o, r] = phi(sum_i W[o, i] input[i, r] + b[o]), a fully connected layer on feature-major rows.
// parameters: W [n_outputs, n_inputs], b [n_outputs]; input [*, n_rows] from feature input_start;
// output, slope [*, n_rows] from feature output_start, slope = phi' at the same place.
// One invocation computes OUTPUT_BLOCK outputs of four rows and alone sums over i, in ascending order.
// docs/derivations.md, eq. (12)
#include "shared/grid.wgsl"
#include "shared/row_block.wgsl"
#include "shared/activation.wgsl"

// 4, or 1 for layers too narrow to fill four.
override OUTPUT_BLOCK: u32 = 4u;

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
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
#if STORE_SLOPE
@group(0) @binding(4) var<storage, read_write> slope: array<f32>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_quarter = (params.n_rows + 3u) / 4u;
  let first_output = (index / n_quarter) * OUTPUT_BLOCK;
  if (first_output >= params.n_outputs) {
    return;
  }
  let block = row_block(index % n_quarter, params.n_rows);
  let outputs = min(first_output + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  var weight_at = params.weight_offset + outputs * params.n_inputs;
  var input_at = params.input_start * params.n_rows + block.readable;

  var sum_0 = vec4f(parameters[params.bias_offset + outputs.x]);
  var sum_1 = vec4f(parameters[params.bias_offset + outputs.y]);
  var sum_2 = vec4f(parameters[params.bias_offset + outputs.z]);
  var sum_3 = vec4f(parameters[params.bias_offset + outputs.w]);
  for (var i = 0u; i < params.n_inputs; i++) {
    let x = vec4f(input[input_at.x], input[input_at.y], input[input_at.z], input[input_at.w]);
    sum_0 += parameters[weight_at.x] * x;
    if (OUTPUT_BLOCK == 4u) {
      sum_1 += parameters[weight_at.y] * x;
      sum_2 += parameters[weight_at.z] * x;
      sum_3 += parameters[weight_at.w] * x;
    }
    weight_at += 1u;
    input_at += params.n_rows;
  }

  store(first_output, block, sum_0);
  if (OUTPUT_BLOCK == 4u) {
    store(first_output + 1u, block, sum_1);
    store(first_output + 2u, block, sum_2);
    store(first_output + 3u, block, sum_3);
  }
}

fn store(o: u32, block: RowBlock, sums: vec4f) {
  if (o >= params.n_outputs) {
    return;
  }
  store_row(o, block.rows.x, sums.x);
  store_row(o, block.rows.y, sums.y);
  store_row(o, block.rows.z, sums.z);
  store_row(o, block.rows.w, sums.w);
}

fn store_row(o: u32, row: u32, sum: f32) {
  if (row >= params.n_rows) {
    return;
  }
  let place = (params.output_start + o) * params.n_rows + row;
  let activated = activate(sum);
  output[place] = activated.value;
#if STORE_SLOPE
  slope[place] = activated.slope;
#endif
}

// d_input[i, r] = phi'[i, r] sum_o W[o, i] d_output[o, r], or added to what is there for the first layer.
// parameters: W [n_outputs, n_inputs]; d_output [*, n_rows] from feature output_start;
// slope [n_inputs, n_rows] is phi' of the layer below; d_input [*, n_rows] from feature input_start.
// One invocation owns one input of one row and alone sums over o, in ascending order.
// docs/derivations.md, eq. (21), (22)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> d_output: array<f32>;
#if HIDDEN
@group(0) @binding(3) var<storage, read> slope: array<f32>;
#endif
@group(0) @binding(4) var<storage, read_write> d_input: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_rows * params.n_inputs) {
    return;
  }
  let row = index % params.n_rows;
  let i = index / params.n_rows;

  var sum = 0.0;
  for (var o = 0u; o < params.n_outputs; o++) {
    let weight = parameters[params.weight_offset + o * params.n_inputs + i];
    sum += weight * d_output[(params.output_start + o) * params.n_rows + row];
  }

  let place = (params.input_start + i) * params.n_rows + row;
#if HIDDEN
  d_input[place] = sum * slope[index];
#else
  d_input[place] += sum;
#endif
}

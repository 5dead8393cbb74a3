// output[o, r] = phi(sum_i W[o, i] input[i, r] + b[o]), a fully connected layer on feature-major rows.
// parameters: W [n_outputs, n_inputs], b [n_outputs]; input [*, n_rows] from feature input_start;
// output, slope [*, n_rows] from feature output_start, slope = phi' at the same place.
// One invocation computes one output of one row and alone sums over i, in ascending order.
// docs/derivations.md, eq. (12)
#include "shared/grid.wgsl"
#include "shared/activation.wgsl"

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
  if (index >= params.n_rows * params.n_outputs) {
    return;
  }
  let row = index % params.n_rows;
  let o = index / params.n_rows;

  var sum = 0.0;
  for (var i = 0u; i < params.n_inputs; i++) {
    let weight = parameters[params.weight_offset + o * params.n_inputs + i];
    sum += weight * input[(params.input_start + i) * params.n_rows + row];
  }
  let activated = activate(sum + parameters[params.bias_offset + o]);

  let place = (params.output_start + o) * params.n_rows + row;
  output[place] = activated.value;
#if STORE_SLOPE
  slope[place] = activated.slope;
#endif
}

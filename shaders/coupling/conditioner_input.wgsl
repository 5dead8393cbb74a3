// conditioner_input[., r] = [x1[., r]; c[., r]]: the input of a conditioner with a context.
// state x1: features condition_start on of [*, n_rows]; context c: [n_context, n_rows];
// conditioner_input [n_condition + n_context, n_rows].
// One invocation copies one feature of one row; nothing is accumulated.
// docs/derivations.md, eq. (100)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_condition: u32,
  n_context: u32,
  condition_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read> context: array<f32>;
@group(0) @binding(3) var<storage, read_write> conditioner_input: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let context_start = params.n_condition * params.n_rows;
  if (index < context_start) {
    conditioner_input[index] = state[params.condition_start * params.n_rows + index];
  } else if (index < context_start + params.n_context * params.n_rows) {
    conditioner_input[index] = context[index - context_start];
  }
}

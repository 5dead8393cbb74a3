// state[j, r] += sign sum_c mean[j, c] context[c, r], in place: from N(0, I) to N(M c, I), or back with sign = -1.
// parameters: mean M [n_features, n_context]; context [n_context, n_rows]; state [n_features, n_rows].
// One invocation shifts one feature of one row and sums over the context in ascending order.
// docs/derivations.md, eq. (102)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  n_context: u32,
  mean_offset: u32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> context: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_rows * params.n_features) {
    return;
  }
  let r = index % params.n_rows;
  let j = index / params.n_rows;
  var sum = 0.0;
  for (var c = 0u; c < params.n_context; c++) {
    sum += parameters[params.mean_offset + j * params.n_context + c] * context[c * params.n_rows + r];
  }
  state[index] += params.sign * sum;
}

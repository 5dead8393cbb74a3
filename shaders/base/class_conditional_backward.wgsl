// d_mean[j, c] -= sum_r d_state[j, r] context[c, r], with d_state the gradient of z - M c.
// d_state [n_features, n_rows]; context [n_context, n_rows]; gradients: mean M [n_features, n_context].
// A workgroup owns one element of M; invocation l takes rows l, l + 64, ... in ascending order, then a fixed tree.
// docs/derivations.md, eq. (103)
#include "shared/tree_sum.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  n_context: u32,
  mean_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_state: array<f32>;
@group(0) @binding(2) var<storage, read> context: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(REDUCTION_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let element = group.y * n_groups.x + group.x;
  if (element >= params.n_features * params.n_context) {
    return;
  }
  let j = element / params.n_context;
  let c = element % params.n_context;
  var sum = 0.0;
  for (var r = local; r < params.n_rows; r += REDUCTION_SIZE) {
    sum += d_state[j * params.n_rows + r] * context[c * params.n_rows + r];
  }
  let total = tree_sum(local, sum);
  if (local == 0u) {
    gradients[params.mean_offset + element] -= total;
  }
}

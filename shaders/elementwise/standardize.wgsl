// z[j, r] = (x[j, r] - mean[j]) / std[j], log_det[r] = (previous) - sum_j log std[j], in place; with INVERSE
// x[j, r] = z[j, r] std[j] + mean[j], log_det[r] = (previous) + sum_j log std[j].
// parameters: mean, std [n_features]; state [n_features, n_rows]; log_det [n_rows].
// One invocation owns one row and sums over the features in ascending order.
// `accumulate` is 1 to add to log_det, 0 to start it.
// docs/derivations.md, eq. (10), (11)
#include "shared/grid.wgsl"
#include "shared/elementary.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  mean_offset: u32,
  std_offset: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_det: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_rows) {
    return;
  }
  var sum_log_std = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let mean_j = parameters[params.mean_offset + j];
    let std_j = parameters[params.std_offset + j];
    let place = j * params.n_rows + index;
#if INVERSE
    state[place] = state[place] * std_j + mean_j;
#else
    state[place] = (state[place] - mean_j) / std_j;
#endif
    sum_log_std += log_accurate(std_j);
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
#if INVERSE
  log_det[index] = before + sum_log_std;
#else
  log_det[index] = before - sum_log_std;
#endif
}

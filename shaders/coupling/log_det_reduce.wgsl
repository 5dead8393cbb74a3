// log_det[r] = (previous) + sign sum_j log_scale[j, r], the log-determinant of one triangular Jacobian.
// log_scale [n_features, n_rows]; log_det [n_rows]; `accumulate` is 1 to add to log_det, 0 to start it.
// One invocation owns one row and sums over the features in ascending order.
// Dinh et al. 2016, eq. (6); docs/derivations.md, eq. (9)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  sign: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> log_scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> log_det: array<f32>;

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
  var sum = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    sum += log_scale[j * params.n_rows + index];
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
  log_det[index] = before + params.sign * sum;
}

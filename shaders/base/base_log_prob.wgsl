// log_prob[r] = log N(z[., r]; 0, I) + sign log_det[r], in nats.
// state z: [n_features, n_rows]; log_det, log_prob [n_rows]; sign is +1 for the log-det of the forward map,
// -1 for that of the inverse. One invocation owns one row and sums over the features in ascending order.
// docs/derivations.md, eq. (2), (3)
#include "shared/grid.wgsl"
#include "shared/normal_log_density.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read> log_det: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_prob: array<f32>;

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
  var sum_squares = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let z = state[j * params.n_rows + index];
    sum_squares += z * z;
  }
  log_prob[index] = normal_log_density(sum_squares, params.n_features) + params.sign * log_det[index];
}

// log_prob[r] = log N(z[., r]; 0, I) + sign log_det[r], in nats; sign is -1 if log_det belongs to the inverse.
// With LOSS log_prob[row_start + r] = -(that) with sign 1, and d_state [n_features, n_rows] is the gradient
// of the mean over n_total rows. Rows from n_valid_rows on are padding: no loss, no gradient.
// state z [n_features, n_rows]; log_det, log_prob [n_rows]. One invocation owns one row and sums over the features in
// ascending order. docs/derivations.md, eq. (2) to (4), (14), (15)
#include "shared/grid.wgsl"
#include "shared/normal_log_density.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  row_start: u32,
  n_total: u32,
  sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read> log_det: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_prob: array<f32>;
#if LOSS
@group(0) @binding(4) var<storage, read_write> d_state: array<f32>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = linear_index(group, n_groups, local);
  if (row >= params.n_rows) {
    return;
  }
  let is_valid = row < params.n_valid_rows;
  var sum_squares = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let z = state[j * params.n_rows + row];
    sum_squares += z * z;
#if LOSS
    d_state[j * params.n_rows + row] = select(0.0, z / f32(params.n_total), is_valid);
#endif
  }
  let log_density = normal_log_density(sum_squares, params.n_features);
#if LOSS
  if (is_valid) {
    log_prob[params.row_start + row] = -log_density - log_det[row];
  }
#else
  log_prob[row] = log_density + params.sign * log_det[row];
#endif
}

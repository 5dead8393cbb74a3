// nll[r] = -log N(z[., r]; 0, I) - log_det[r] and the gradient of its mean, d_z = z / n_total.
// state z, d_state: [n_features, n_rows]; log_det [n_rows]; nll [*] from row_start. Rows from
// n_valid_rows on are padding: no loss, no gradient.
// One invocation owns one row and sums over the features in ascending order; reduce_sum adds the rows.
// docs/derivations.md, eq. (4), (14), (15)
#include "shared/grid.wgsl"
#include "shared/normal_log_density.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  row_start: u32,
  n_total: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read> log_det: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_state: array<f32>;
@group(0) @binding(4) var<storage, read_write> nll: array<f32>;

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
  let is_valid = index < params.n_valid_rows;
  var sum_squares = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let z = state[j * params.n_rows + index];
    sum_squares += z * z;
    d_state[j * params.n_rows + index] = select(0.0, z / f32(params.n_total), is_valid);
  }
  if (is_valid) {
    nll[params.row_start + index] = -normal_log_density(sum_squares, params.n_features) - log_det[index];
  }
}

// log_prob[r] = -n_features log(2 bound) + sign log_det[r] in nats if |z[j, r]| <= bound for every j, else -infinity,
// whose bits are outside_bits. With LOSS nll[row_start + r] = n_features log(2 bound) + sum_j max(|z_j| - bound, 0) -
// log_det[r]: walls of slope 1, so that a row outside has a finite loss and a gradient that leads back. d_state
// [n_features, n_rows] is the gradient of the mean over n_total rows; rows from n_valid_rows on are padding.
// state z [n_features, n_rows]; log_det, log_prob [n_rows].
// One invocation owns one row and sums over the features in ascending order. docs/derivations.md, eq. (127), (128)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  row_start: u32,
  n_total: u32,
  sign: f32,
  bound: f32,
  log_width: f32,
  outside_bits: u32,
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
#if LOSS
  let share = select(0.0, 1.0 / f32(params.n_total), row < params.n_valid_rows);
#endif
  var beyond = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let z = state[j * params.n_rows + row];
    let excess = max(abs(z) - params.bound, 0.0);
    beyond += excess;
#if LOSS
    d_state[j * params.n_rows + row] = select(0.0, share * sign(z), excess > 0.0);
#endif
  }
  let log_volume = f32(params.n_features) * params.log_width;
#if LOSS
  if (row < params.n_valid_rows) {
    log_prob[params.row_start + row] = log_volume + beyond - log_det[row];
  }
#else
  let inside = params.sign * log_det[row] - log_volume;
  log_prob[row] = select(inside, bitcast<f32>(params.outside_bits), beyond > 0.0);
#endif
}

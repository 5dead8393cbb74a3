// log_prob[r] = sum_j log t(z[j, r]; nu_j) + sign log_det[r], nu = exp(log_df) degrees of freedom, in nats.
// With LOSS instead nll[row_start + r] = -(that) with sign 1, and the gradients of the mean over n_total rows: d_state,
// and d_base for log_df, both [n_features, n_rows]. Rows from n_valid_rows on are padding: no loss, no gradient.
// parameters: log_df [n_features]; state z [n_features, n_rows]; log_det, log_prob [n_rows].
// One invocation owns one row and sums over the features in ascending order. docs/derivations.md, eq. (123) to (125)
#include "shared/grid.wgsl"
#include "shared/student_t.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  row_start: u32,
  n_total: u32,
  sign: f32,
  log_df_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<f32>;
@group(0) @binding(3) var<storage, read> log_det: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_prob: array<f32>;
#if LOSS
@group(0) @binding(5) var<storage, read_write> d_state: array<f32>;
@group(0) @binding(6) var<storage, read_write> d_base: array<f32>;
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
  var sum = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let place = j * params.n_rows + row;
    let z = state[place];
    let df = exp(parameters[params.log_df_offset + j]);
    let tail = log_tail(z, df);
    sum += log_normaliser(0.5 * df) - 0.5 * (df + 1.0) * tail;
#if LOSS
    let pull = pull_of(z, df);
    d_state[place] = share * (df + 1.0) * pull;
    d_base[place] = -share * (log_normaliser_derivative(0.5 * df) + 0.5 * ((df + 1.0) * z * pull - df * tail));
#endif
  }
#if LOSS
  if (row < params.n_valid_rows) {
    log_prob[params.row_start + row] = -sum - log_det[row];
  }
#else
  log_prob[row] = sum + params.sign * log_det[row];
#endif
}

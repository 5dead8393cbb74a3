// log_prob[r] = log sum_k w_k N(z[., r]; mean_k, diag(exp(2 log_scale_k))) + sign log_det[r], in nats, with w
// = softmax(logits).
// With LOSS instead nll[row_start + r] = -(that) with sign 1, and the gradients of the mean over n_total rows: d_state
// [n_features, n_rows], and d_base per row for mean, log_scale [n_components, n_features], logits [n_components].
// Rows from n_valid_rows on are padding: no loss, no gradient. state z [n_features, n_rows]; log_det,
// log_prob [n_rows]. One invocation owns one row and takes components, then features, in ascending order.
// docs/derivations.md, eq. (120), (121)
#include "shared/grid.wgsl"
#include "shared/mixture.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  row_start: u32,
  n_total: u32,
  sign: f32,
  n_components: u32,
  mean_offset: u32,
  log_scale_offset: u32,
  logits_offset: u32,
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

fn standardized(mixture: Mixture, k: u32, j: u32, row: u32) -> f32 {
  let z = state[j * params.n_rows + row];
  return (z - mean_of(mixture, k, j)) * exp(-component_log_scale(mixture, k, j));
}

// log N(z; mean_k, ...) without the power of 2 pi.
fn log_component(mixture: Mixture, k: u32, row: u32) -> f32 {
  var sum = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let u = standardized(mixture, k, j, row);
    sum -= 0.5 * u * u + component_log_scale(mixture, k, j);
  }
  return sum;
}

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
  let mixture = Mixture(
    params.n_components,
    params.n_features,
    params.mean_offset,
    params.log_scale_offset,
    params.logits_offset,
  );
  let log_weights = log_weights_total(mixture);
  var mixed = LogSum(log_weight_of(mixture, 0u, log_weights) + log_component(mixture, 0u, row), 1.0);
  for (var k = 1u; k < params.n_components; k++) {
    mixed = added(mixed, log_weight_of(mixture, k, log_weights) + log_component(mixture, k, row));
  }
  let log_mixed = value_of(mixed);
  let log_density = log_mixed - 0.5 * f32(params.n_features) * LOG_2_PI;
#if LOSS
  let is_valid = row < params.n_valid_rows;
  if (is_valid) {
    log_prob[params.row_start + row] = -log_density - log_det[row];
  }
  for (var j = 0u; j < params.n_features; j++) {
    d_state[j * params.n_rows + row] = 0.0;
  }
  let n_elements = params.n_components * params.n_features;
  for (var k = 0u; k < params.n_components; k++) {
    let log_weight = log_weight_of(mixture, k, log_weights);
    // This component's share of the density.
    let own = exp(log_weight + log_component(mixture, k, row) - log_mixed);
    let share = select(0.0, own / f32(params.n_total), is_valid);
    for (var j = 0u; j < params.n_features; j++) {
      let u = standardized(mixture, k, j, row);
      let pull = share * u * exp(-component_log_scale(mixture, k, j));
      let element = k * params.n_features + j;
      d_state[j * params.n_rows + row] += pull;
      d_base[element * params.n_rows + row] = -pull;
      d_base[(n_elements + element) * params.n_rows + row] = share * (1.0 - u * u);
    }
    let d_logit = (exp(log_weight) - own) / f32(params.n_total);
    d_base[(2u * n_elements + k) * params.n_rows + row] = select(0.0, d_logit, is_valid);
  }
#else
  log_prob[row] = log_density + params.sign * log_det[row];
#endif
}

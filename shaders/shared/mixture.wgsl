// The tensors of a mixture of n_components diagonal normals, and sums of exponentials in logarithmic form.
// A single component has no logits. Needs `parameters`. docs/derivations.md, eq. (120), (122)
#include "shared/elementary.wgsl"

const LOG_2_PI: f32 = 1.8378770664093453;

// Offsets of mean, log_scale [n_components, n_features] and logits [n_components].
struct Mixture {
  n_components: u32,
  n_features: u32,
  mean: u32,
  log_scale: u32,
  logits: u32,
}

fn mean_of(mixture: Mixture, k: u32, j: u32) -> f32 {
  return parameters[mixture.mean + k * mixture.n_features + j];
}

fn component_log_scale(mixture: Mixture, k: u32, j: u32) -> f32 {
  return parameters[mixture.log_scale + k * mixture.n_features + j];
}

// log of a sum of exponentials is largest + log scaled.
struct LogSum {
  largest: f32,
  scaled: f32,
}

fn added(sum: LogSum, value: f32) -> LogSum {
  let largest = max(sum.largest, value);
  return LogSum(largest, sum.scaled * exp(sum.largest - largest) + exp(value - largest));
}

fn value_of(sum: LogSum) -> f32 {
  return sum.largest + log_accurate(sum.scaled);
}

// log sum_k exp(logits[k]).
fn log_weights_total(mixture: Mixture) -> f32 {
  if (mixture.n_components == 1u) {
    return 0.0;
  }
  var sum = LogSum(parameters[mixture.logits], 1.0);
  for (var k = 1u; k < mixture.n_components; k++) {
    sum = added(sum, parameters[mixture.logits + k]);
  }
  return value_of(sum);
}

fn log_weight_of(mixture: Mixture, k: u32, total: f32) -> f32 {
  if (mixture.n_components == 1u) {
    return 0.0;
  }
  return parameters[mixture.logits + k] - total;
}

// The first component whose cumulative weight exceeds u.
fn component_at(mixture: Mixture, u: f32) -> u32 {
  let total = log_weights_total(mixture);
  var sum = 0.0;
  for (var k = 0u; k < mixture.n_components - 1u; k++) {
    sum += exp(log_weight_of(mixture, k, total));
    if (u < sum) {
      return k;
    }
  }
  return mixture.n_components - 1u;
}

// The tensors of a mixture of n_components diagonal normals, and sums of exponentials in logarithmic form.
// A single component has no logits. Needs `parameters` and in params n_components, n_features and the offsets of
// mean, log_scale [n_components, n_features] and logits [n_components]. docs/derivations.md, eq. (120)
#include "shared/elementary.wgsl"

const LOG_2_PI: f32 = 1.8378770664093453;

fn mean_of(k: u32, j: u32) -> f32 {
  return parameters[params.mean_offset + k * params.n_features + j];
}

fn log_scale_of(k: u32, j: u32) -> f32 {
  return parameters[params.log_scale_offset + k * params.n_features + j];
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
fn log_weights_total() -> f32 {
  if (params.n_components == 1u) {
    return 0.0;
  }
  var sum = LogSum(parameters[params.logits_offset], 1.0);
  for (var k = 1u; k < params.n_components; k++) {
    sum = added(sum, parameters[params.logits_offset + k]);
  }
  return value_of(sum);
}

fn log_weight_of(k: u32, total: f32) -> f32 {
  if (params.n_components == 1u) {
    return 0.0;
  }
  return parameters[params.logits_offset + k] - total;
}

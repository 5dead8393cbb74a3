// z[j, r] = (x[j, r] + bias[j]) exp(log_scale[j]), log_det[r] = (previous) + sum_j log_scale[j], in place; with INVERSE
// x[j, r] = z[j, r] exp(-log_scale[j]) - bias[j], log_det[r] = (previous) - sum_j log_scale[j].
// parameters: log_scale [n_features] and, with BIAS, bias [n_features], else 0; state [n_features, n_rows];
// log_det [n_rows]; `accumulate` is 1 to add to it, 0 to start it. On images a row here is one of n_pixels pixels, the
// features are channels, and the first pixel's invocation adds n_pixels times the sum to the log_det of its image.
// One invocation owns one row and sums over the features in ascending order.
// Dinh et al. 2014, section 3.3; Kingma and Dhariwal 2018, table 1 (actnorm); docs/derivations.md, eq. (45), (46)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  log_scale_offset: u32,
  bias_offset: u32,
  n_pixels: u32,
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
  var sum = 0.0;
  for (var j = 0u; j < params.n_features; j++) {
    let log_scale = parameters[params.log_scale_offset + j];
    let place = j * params.n_rows + index;
#if BIAS
    let bias = parameters[params.bias_offset + j];
#else
    let bias = 0.0;
#endif
#if INVERSE
    state[place] = state[place] * exp(-log_scale) - bias;
#else
    state[place] = (state[place] + bias) * exp(log_scale);
#endif
    sum += log_scale;
  }
  if (index >= params.n_rows / params.n_pixels) {
    return;
  }
  sum *= f32(params.n_pixels);
  let before = select(0.0, log_det[index], params.accumulate == 1u);
#if INVERSE
  log_det[index] = before - sum;
#else
  log_det[index] = before + sum;
#endif
}

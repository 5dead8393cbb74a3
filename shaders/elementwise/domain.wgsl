// Maps data in (0, 1), z = log x - log(1 - x), or in (0, inf), z = log(exp(x / s) - 1), to the real line;
// with INVERSE back, x = 1 / (1 + exp(-z)) or s log(1 + exp(z)). In place, for the features from
// feature_start on. Values are clamped to MIN_VALUE, MAX_OF_UNIT and MAX_VALUE. log_det[r] = (previous) +
// sum_j log-derivative, or without the previous one if `accumulate` is 0. parameters: scale s at
// scale_offset, one per feature of the flow; state [*, n_rows]; log_det [n_rows]. One invocation owns one row
// and sums over the features in ascending order. docs/derivations.md, eq. (91) to (94)
#include "shared/grid.wgsl"
#include "shared/elementary.wgsl"
#include "shared/finite.wgsl"

override DOMAIN: u32 = 0u;

// The smallest number that no driver flushes to zero, the largest one and the largest one below 1.
const MIN_VALUE: f32 = 0x1p-126;
const MAX_VALUE: f32 = 0x1.fffffep+127;
const MAX_OF_UNIT: f32 = 0x1.fffffep-1;

// Their images, log MIN_VALUE and -log(1 - MAX_OF_UNIT).
const MIN_IMAGE: f32 = -87.3365447505531;
const MAX_IMAGE_OF_UNIT: f32 = 16.635532333438686;

struct Params {
  n_rows: u32,
  n_features: u32,
  feature_start: u32,
  scale_offset: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_det: array<f32>;

// log(1 - exp(-x)) for x > 0; below 1 it is log x + log((1 - exp(-x)) / x), which has a series.
fn log_one_minus_exp(x: f32) -> f32 {
  if (x < 1.0) {
    let x2 = x * x;
    return log_accurate(x) - 0.5 * x + x2 * (1.0 / 24.0 - x2 * (1.0 / 2880.0 - x2 / 181440.0));
  }
  return log_accurate(1.0 - exp(-x));
}

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
    let feature = params.feature_start + j;
    let place = feature * params.n_rows + index;
#if INVERSE
    // The clamp below could turn NaN into a number.
    if (is_nan(state[place])) {
      sum += state[place];
      continue;
    }
    let z = max(state[place], MIN_IMAGE);
    if (DOMAIN == DOMAIN_UNIT) {
      let inside = min(z, MAX_IMAGE_OF_UNIT);
      state[place] = clamp(sigmoid(inside), MIN_VALUE, MAX_OF_UNIT);
      sum -= abs(inside) + 2.0 * log_one_plus(exp(-abs(inside)));
    } else {
      let bend = log_one_plus(exp(-abs(z)));
      let scale = parameters[params.scale_offset + feature];
      let softplus = max(max(z, 0.0) + bend, MIN_VALUE);
      state[place] = clamp(scale * softplus, MIN_VALUE, MAX_VALUE);
      sum += min(z, 0.0) - bend + log_accurate(scale);
    }
#else
    if (DOMAIN == DOMAIN_UNIT) {
      let inside = clamp(state[place], MIN_VALUE, MAX_OF_UNIT);
      let log_x = log_accurate(inside);
      let log_rest = log_accurate(1.0 - inside);
      state[place] = log_x - log_rest;
      sum -= log_x + log_rest;
    } else {
      let scale = parameters[params.scale_offset + feature];
      let x = clamp(max(state[place], MIN_VALUE) / scale, MIN_VALUE, MAX_VALUE);
      let shrunk = log_one_minus_exp(x);
      state[place] = x + shrunk;
      sum -= shrunk + log_accurate(scale);
    }
#endif
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
  log_det[index] = before + sum;
}

// z = log x - log(1 - x) of data in (0, 1), else z = log(exp(x / s) - 1) of data in (0, inf), in place, for the features
// from feature_start on; log_det[r] = (previous) + sum_j log dz/dx. Values beyond MIN_VALUE and MAX_OF_UNIT count as those.
// parameters: scale s at scale_offset, one a feature of the flow; state [*, n_rows]; log_det [n_rows]; `accumulate` is 1
// to add to it, 0 to start it.
// One invocation owns one row and sums over the features in ascending order. docs/derivations.md, eq. (91), (92)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

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
    if (DOMAIN == UNIT) {
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
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
  log_det[index] = before + sum;
}

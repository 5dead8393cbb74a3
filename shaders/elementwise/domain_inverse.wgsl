// x = 1 / (1 + exp(-z)) in (0, 1), else x = s log(1 + exp(z)) in (0, inf), in place, for the features from feature_start
// on; log_det[r] = (previous) + sum_j log dx/dz. What would round to a border becomes MIN_VALUE, MAX_OF_UNIT or MAX_VALUE.
// parameters: scale s at scale_offset, one a feature of the flow; state [*, n_rows]; log_det [n_rows]; `accumulate` is 1
// to add to it, 0 to start it.
// One invocation owns one row and sums over the features in ascending order. docs/derivations.md, eq. (93), (94)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"
#include "shared/finite.wgsl"

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
    // The limits below could make a number of it.
    if (is_nan(state[place])) {
      sum += state[place];
      continue;
    }
    let z = max(state[place], MIN_IMAGE);
    if (DOMAIN == UNIT) {
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
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
  log_det[index] = before + sum;
}

// Maps data in (0, 1), z = log x - log(1 - x), or in (0, inf), z = log(exp(x / s) - 1), to the real line;
// with INVERSE back, x = 1 / (1 + exp(-z)) or s log(1 + exp(z)). In place, for the features from
// feature_start on. Values are clamped to MIN_VALUE, MAX_OF_UNIT and MAX_VALUE. log_det[r] = (previous) +
// sum_j log-derivative, or without the previous one if `accumulate` is 0. parameters: scale s at
// scale_offset, one per feature of the flow; state [*, n_rows]; log_det [n_rows]. One invocation owns one row
// and sums over the features in ascending order. docs/derivations.md, eq. (91) to (94)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

override DOMAIN: u32 = 0u;

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
    let scale = parameters[params.scale_offset + feature];
#if INVERSE
    let image = domain_preimage(DOMAIN == DOMAIN_UNIT, state[place], scale);
#else
    let image = domain_image(DOMAIN == DOMAIN_UNIT, state[place], scale);
#endif
    state[place] = image.value;
    sum += image.log_derivative;
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
  log_det[index] = before + sum;
}

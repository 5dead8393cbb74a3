// Undoes z = log x - log(1 - x), or z = log(exp(x / s) - 1), and pulls the gradient back through it. With the slope
// dz/dx = 1 / (x (1 - x)), or 1 / (s sigmoid(z)), and the log-det log dz/dx, d_x = slope (d_z + d_log_det bend), where
// bend = sigmoid(z) - sigmoid(-z), or -sigmoid(-z). For the features from feature_start on.
// parameters: scale s at scale_offset, one per feature of the flow; state z -> x and d_state d_z -> d_x: [*, n_rows], in
// place. d_log_det is the same for each of n_valid_rows, the rows before the padding.
// One invocation owns one row. docs/derivations.md, eq. (145), (146)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

override DOMAIN: u32 = 0u;

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  feature_start: u32,
  scale_offset: u32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_state: array<f32>;

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
  let d_log_det = select(0.0, params.d_log_det, index < params.n_valid_rows);
  for (var j = 0u; j < params.n_features; j++) {
    let feature = params.feature_start + j;
    let place = feature * params.n_rows + index;
    let scale = parameters[params.scale_offset + feature];
    let is_unit = DOMAIN == DOMAIN_UNIT;
    let z = clamp(state[place], MIN_IMAGE, select(-MIN_IMAGE, MAX_IMAGE_OF_UNIT, is_unit));
    let above = sigmoid(z);
    let below = sigmoid(-z);
    state[place] = domain_preimage(is_unit, state[place], scale).value;
    if (is_unit) {
      d_state[place] = (d_state[place] + d_log_det * (above - below)) / above / below;
    } else {
      d_state[place] = (d_state[place] - d_log_det * below) / above / scale;
    }
  }
}

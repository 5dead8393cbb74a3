// Undoes z = log v - log(1 - v) with v = start + span x, and pulls the gradient back through it: with s = sigmoid(z) and the
// slope dz/dx = span / (s (1 - s)), d_x = slope (d_z + d_log_det (2 s - 1)), as log dz/dx has the slope 2 s - 1 over z.
// state z -> x and d_state d_z -> d_x: [n_features, n_rows], in place. d_log_det is the same for each of n_valid_rows, the
// rows before the padding.
// One invocation owns one feature of one row; nothing is accumulated. docs/derivations.md, eq. (167)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  start: f32,
  span: f32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> d_state: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let place = linear_index(group, n_groups, local);
  if (place >= params.n_features * params.n_rows) {
    return;
  }
  let z = clamp(state[place], MIN_IMAGE, MAX_IMAGE_OF_UNIT);
  let above = sigmoid(z);
  let below = sigmoid(-z);
  let d_log_det = select(0.0, params.d_log_det, place % params.n_rows < params.n_valid_rows);
  state[place] = (above - params.start) / params.span;
  // Divided one after the other: the product of small numbers could be zero.
  d_state[place] = params.span * (d_state[place] + d_log_det * (above - below)) / above / below;
}

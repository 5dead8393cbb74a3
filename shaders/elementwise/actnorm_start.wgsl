// bias[j] = -mean_r x[j, r], log_scale[j] = -log max(std_r x[j, r], std_floor), unless the flag is set or one
// of these is not finite.
// state [n_features, n_pixels, n_rows], of which the first n_valid_rows rows are used, the others are padding; the
// features of images are channels, others have one pixel. parameters: bias, log_scale [n_features], initialised [1].
// A workgroup owns one feature; invocation l takes rows l, l + 256, ... in ascending order, then a fixed tree.
// Kingma and Dhariwal 2018, section 3.1; docs/derivations.md, eq. (52)
#include "shared/elementary.wgsl"
#include "shared/finite.wgsl"
#include "shared/tree_sum.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_features: u32,
  n_pixels: u32,
  bias_offset: u32,
  log_scale_offset: u32,
  initialised_offset: u32,
  std_floor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<f32>;

@compute @workgroup_size(REDUCTION_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let j = group.y * n_groups.x + group.x;
  if (j >= params.n_features) {
    return;
  }
  let start = j * params.n_pixels * params.n_rows;
  let n_values = params.n_pixels * params.n_valid_rows;
  var sum = 0.0;
  for (var i = local; i < n_values; i += REDUCTION_SIZE) {
    sum += state[start + place_of(i)];
  }
  let mean = tree_sum(local, sum) / f32(n_values);
  // Every invocation must read the first sum before the second one replaces it.
  workgroupBarrier();
  var sum_squares = 0.0;
  for (var i = local; i < n_values; i += REDUCTION_SIZE) {
    let deviation = state[start + place_of(i)] - mean;
    sum_squares += deviation * deviation;
  }
  let spread = sqrt(tree_sum(local, sum_squares) / f32(n_values));
  let sound = is_finite(mean) && is_finite(spread);
  if (local == 0u && sound && parameters[params.initialised_offset] == 0.0) {
    parameters[params.bias_offset + j] = -mean;
    parameters[params.log_scale_offset + j] = -log_accurate(max(spread, params.std_floor));
  }
}

// The place of value i among the pixels of the padded rows.
fn place_of(i: u32) -> u32 {
  return (i / params.n_valid_rows) * params.n_rows + i % params.n_valid_rows;
}

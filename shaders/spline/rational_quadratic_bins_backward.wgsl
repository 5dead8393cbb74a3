// gradients += the gradients of the raw numbers of splines that all rows share, from those of their bins.
// d_bins [n_slices, n_features, BINS, 2] from rational_quadratic_elementwise_backward; raw and gradients [n_features,
// 3 BINS - 1] within longer buffers, from raw_start.
// One invocation owns one feature; it sums over the slices in ascending order and over the bins in descending order.
// docs/derivations.md, eq. (158)
#include "shared/grid.wgsl"
#include "shared/spline_tensor.wgsl"

struct Params {
  n_features: u32,
  n_slices: u32,
  raw_start: u32,
  bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<f32>;
@group(0) @binding(2) var<storage, read> d_bins: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let feature = linear_index(group, n_groups, local);
  if (feature >= params.n_features) {
    return;
  }
  let spline = spline_of(feature);
  let widths = softmax_of_raw(spline, 0u);
  let heights = softmax_of_raw(spline, BINS);
  let whole = 2.0 * params.bound * (1.0 - MIN_SHARE * f32(BINS));
  // A size moves the starts of all bins after its own.
  var d_starts_after = vec2f(0.0);
  var d_left_after = 0.0;
  var mean = vec2f(0.0);
  for (var i = 0u; i < BINS; i++) {
    let k = BINS - 1u - i;
    var d_intervals = vec4f(0.0);
    var d_slopes = vec2f(0.0);
    for (var slice = 0u; slice < params.n_slices; slice++) {
      let place = 2u * ((slice * params.n_features + feature) * BINS + k);
      d_intervals += d_bins[place];
      d_slopes += d_bins[place + 1u].xy;
    }
    let d_sizes = d_intervals.yw + d_starts_after;
    let shares = shares_of(spline, k, widths, heights);
    mean += shares * d_sizes;
    add_gradients(spline, k, whole * shares * d_sizes);
    if (i > 0u) {
      let number = 2u * BINS + k;
      let v = raw_number(spline, number) + DERIVATIVE_SHIFT;
      gradients[spline.gradient + number] += (d_slopes.y + d_left_after) * sigmoid(v);
    }
    d_starts_after += d_intervals.xz;
    d_left_after = d_slopes.x;
  }
  for (var k = 0u; k < BINS; k++) {
    add_gradients(spline, k, -whole * shares_of(spline, k, widths, heights) * mean);
  }
}

fn shares_of(spline: Spline, k: u32, widths: Softmax, heights: Softmax) -> vec2f {
  return vec2f(
    share_of_raw(raw_number(spline, k), widths),
    share_of_raw(raw_number(spline, BINS + k), heights),
  );
}

fn add_gradients(spline: Spline, k: u32, d_raw: vec2f) {
  gradients[spline.gradient + k] += d_raw.x;
  gradients[spline.gradient + BINS + k] += d_raw.y;
}

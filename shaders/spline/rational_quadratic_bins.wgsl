// The bins of splines that all rows share, for rational_quadratic_elementwise: bins[j, k] is x_k, w_k, z_k, h_k, delta_k,
// delta_(k + 1) and two zeros, as two quads.
// raw [n_features, 3 BINS - 1] within a longer buffer, from raw_start; bins [n_features, BINS, 2].
// One invocation owns one feature. It sums the sizes of the bins before a start or after it, whichever are fewer.
// Durkan et al. 2019, appendix A.3; docs/derivations.md, eq. (58), (59), (157)
#include "shared/grid.wgsl"
#include "shared/spline_tensor.wgsl"

struct Params {
  n_features: u32,
  raw_start: u32,
  bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> raw: array<f32>;
@group(0) @binding(2) var<storage, read_write> bins: array<vec4f>;

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
  // The starts of the first half from the left, then those of the last half from the right.
  var edge = vec2f(-params.bound);
  for (var i = 0u; i < BINS; i++) {
    let is_left = i < (BINS + 1u) / 2u;
    if (i == (BINS + 1u) / 2u) {
      edge = vec2f(params.bound);
    }
    let k = select(BINS - 1u - (i - (BINS + 1u) / 2u), i, is_left);
    let size = vec2f(
      size_of(spline, raw_number(spline, k), widths),
      size_of(spline, raw_number(spline, BINS + k), heights),
    );
    let start = select(edge - size, edge, is_left);
    let place = 2u * (feature * BINS + k);
    bins[place] = vec4f(start.x, size.x, start.y, size.y);
    bins[place + 1u] = vec4f(derivative_at(spline, k), derivative_at(spline, k + 1u), 0.0, 0.0);
    edge = select(start, edge + size, is_left);
  }
}

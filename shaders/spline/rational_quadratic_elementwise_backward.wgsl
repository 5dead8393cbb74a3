// Pulls the gradient back through z = spline(x), with one spline a feature for all rows, to x and to the bins of the spline,
// and restores x in the state. x is the value kept by rational_quadratic_elementwise.
// bins from rational_quadratic_bins; kept_x [n_features, n_quads]; state z -> x and d_state d_z -> d_x: [*, n_quads] from
// feature feature_start, in place; d_bins [n_slices, n_features, BINS, 2], in the order of bins.
// d_log_det is the same for each of the n_valid_rows first rows; the padding after them adds nothing.
// One invocation owns one feature and a slice of n_range quads of rows, and adds them up in ascending order.
// docs/derivations.md, eq. (64) to (67), (148)
#include "shared/grid.wgsl"
#include "shared/spline_bins.wgsl"
#include "shared/spline_bin_gradient.wgsl"

struct Params {
  n_quads: u32,
  n_valid_rows: u32,
  n_features: u32,
  n_slices: u32,
  n_range: u32,
  feature_start: u32,
  bound: f32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bins: array<vec4f>;
@group(0) @binding(2) var<storage, read> kept_x: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> d_state: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> d_bins: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_features * params.n_slices) {
    return;
  }
  let feature = index / params.n_slices;
  let slice = index % params.n_slices;
  let first = 2u * BINS * (slice * params.n_features + feature);
  for (var i = 0u; i < 2u * BINS; i++) {
    d_bins[first + i] = vec4f(0.0);
  }
  let end = min((slice + 1u) * params.n_range, params.n_quads);
  for (var quad = slice * params.n_range; quad < end; quad++) {
    let place = (params.feature_start + feature) * params.n_quads + quad;
    let is_valid = 4u * quad + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n_valid_rows);
    let d_log_det = select(vec4f(0.0), vec4f(params.d_log_det), is_valid);
    let x = kept_x[feature * params.n_quads + quad];
    let bin = bin_with(feature, inner_of(params.bound, x), false);
    let gradient = gradient_in(bin, params.bound, x, d_state[place], d_log_det);
    state[place] = x;
    d_state[place] = gradient.x;
#unroll r 4
    if (is_valid[$r]) {
      let d_bin = first + 2u * bin.x.index[$r];
      d_bins[d_bin] += vec4f(gradient.x_start[$r], gradient.x_size[$r], gradient.y_start[$r], gradient.y_size[$r]);
      d_bins[d_bin + 1u] += vec4f(gradient.left[$r], gradient.right[$r], 0.0, 0.0);
    }
#end
  }
}

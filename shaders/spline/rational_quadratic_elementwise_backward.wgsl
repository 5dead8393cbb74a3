// Pulls the gradient back through z = spline(x), with one spline a feature for all rows, to x and to the bins of the spline,
// and restores x in the state. x is the value kept by rational_quadratic_elementwise.
// bins from rational_quadratic_bins; kept_x [n_features, n_quads]; state z -> x and d_state d_z -> d_x: [*, n_quads] from
// feature feature_start, in place; d_bins [n_slices, n_features, BINS, 2], in the order of bins.
// d_log_det is the same for each of the n_valid_rows first rows; the padding after them adds nothing.
// One invocation owns one feature and a slice of n_range quads of rows, and adds them up in ascending order.
// docs/derivations.md, eq. (64) to (67), (158)
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
    let inner = inner_of(params.bound, x);
    let bin = bin_with(feature, inner, false);
    let d_z = d_state[place];
    let pull = pull_at(place_in(bin, xi_of_x(bin, inner)), d_z, d_log_det);
    let d_mean = d_mean_of(bin, pull);
    let d_xi = d_xi_of(bin, pull);
    let d_x = d_xi / bin.x.size;
    let d_x_size = -(d_xi * pull.place.xi + d_mean * pull.place.mean) / bin.x.size;
    let d_y_size = d_z * pull.ratio + d_mean / bin.x.size;
    let d_left = d_left_of(bin, pull);
    let d_right = d_right_of(bin, pull);
    let inside = is_inside(params.bound, x);
    state[place] = x;
    d_state[place] = select(d_z, d_x, inside);
    let counts = inside & is_valid;
#unroll r 4
    if (counts[$r]) {
      let d_bin = first + 2u * bin.x.index[$r];
      d_bins[d_bin] += vec4f(-d_x[$r], d_x_size[$r], d_z[$r], d_y_size[$r]);
      d_bins[d_bin + 1u] += vec4f(d_left[$r], d_right[$r], 0.0, 0.0);
    }
#end
  }
}

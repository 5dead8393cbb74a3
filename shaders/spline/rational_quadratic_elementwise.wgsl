// z = spline(x), or x of z with INVERSE, in place, with one spline a feature for all rows; log_det[r] = (previous) + sum_j
// log dz/dx, or minus that sum with INVERSE. With KEEP_INPUT kept_x receives x.
// bins from rational_quadratic_bins; state [*, n_quads] from feature feature_start; log_det [n_quads]; kept_x [n_features,
// n_quads]; `accumulate` is 1 to add to log_det, 0 to start it.
// One invocation owns four rows (a quad) and sums over the features in ascending order.
// Durkan et al. 2019, eq. (4), (5), appendix A.3; docs/derivations.md, eq. (60) to (63)
#include "shared/grid.wgsl"
#include "shared/spline_bins.wgsl"

struct Params {
  n_quads: u32,
  n_features: u32,
  feature_start: u32,
  accumulate: u32,
  bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> bins: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> log_det: array<vec4f>;
#if KEEP_INPUT
@group(0) @binding(4) var<storage, read_write> kept_x: array<vec4f>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = linear_index(group, n_groups, local);
  if (quad >= params.n_quads) {
    return;
  }
#if INVERSE
  const IS_INVERSE = true;
#else
  const IS_INVERSE = false;
#endif
  var sum = vec4f(0.0);
  for (var j = 0u; j < params.n_features; j++) {
    let place = (params.feature_start + j) * params.n_quads + quad;
    let value = state[place];
#if KEEP_INPUT
    kept_x[j * params.n_quads + quad] = value;
#endif
    let bin = bin_with(j, inner_of(params.bound, value), IS_INVERSE);
    let image = image_in(bin, params.bound, value, IS_INVERSE);
    state[place] = image.value;
    sum += image.log_derivative;
  }
  let before = select(vec4f(0.0), log_det[quad], params.accumulate == 1u);
#if INVERSE
  log_det[quad] = before - sum;
#else
  log_det[quad] = before + sum;
#endif
}

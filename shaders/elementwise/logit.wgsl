// z = log v - log(1 - v) with v = start + span x, for pixels x from 0 to the number of their levels; with INVERSE back. In
// place. log_det[r] = (previous) + sum_j (log span + log dz/dv), or minus that with INVERSE; `accumulate` is 0 to start it.
// state [n_features, n_rows]; log_det [n_rows].
// One invocation owns one row and sums over the features in ascending order.
// Dinh et al. 2016, section 4.1; docs/derivations.md, eq. (166)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  start: f32,
  span: f32,
  log_span: f32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;
@group(0) @binding(2) var<storage, read_write> log_det: array<f32>;

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
    let place = j * params.n_rows + index;
#if INVERSE
    let image = domain_preimage(true, state[place], 1.0);
    state[place] = (image.value - params.start) / params.span;
    sum += image.log_derivative - params.log_span;
#else
    let image = domain_image(true, params.start + params.span * state[place], 1.0);
    state[place] = image.value;
    sum += image.log_derivative + params.log_span;
#endif
  }
  let before = select(0.0, log_det[index], params.accumulate == 1u);
  log_det[index] = before + sum;
}

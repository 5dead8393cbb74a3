// With UPPER, d_upper[i, j] += sum_k partials[k, i, j] for j > i and d_log_diagonal[i] += exp(log_diagonal[i]) sum_k
// partials[k, i, i] + d_log_det, summed over the rows; else d_lower[i, j] += sum_k partials[k, i, j] for j < i.
// partials [n_slices, D, D + 1] from dense_backward_weight, D = n_features; parameters, gradients: lower, upper
// [D (D - 1) / 2], log_diagonal [D].
// One invocation owns one element of the matrix and adds the slices in ascending order.
// docs/derivations.md, eq. (56), (57)
#include "shared/grid.wgsl"
#include "shared/triangles.wgsl"

struct Params {
  n_slices: u32,
  n_features: u32,
  triangle_offset: u32,
  log_diagonal_offset: u32,
  d_log_det: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
#if UPPER
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
#endif
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_features = params.n_features;
  if (index >= n_features * n_features) {
    return;
  }
  let i = index / n_features;
  let j = index % n_features;
#if UPPER
  let is_owned = j >= i;
#else
  let is_owned = j < i;
#endif
  if (!is_owned) {
    return;
  }
  let n_columns = n_features + 1u;
  var sum = 0.0;
  for (var slice = 0u; slice < params.n_slices; slice++) {
    sum += partials[(slice * n_features + i) * n_columns + j];
  }
#if UPPER
  if (i == j) {
    let place = params.log_diagonal_offset + i;
    gradients[place] += exp(parameters[place]) * sum + params.d_log_det;
  } else {
    gradients[params.triangle_offset + upper_place(i, j, n_features)] += sum;
  }
#else
  gradients[params.triangle_offset + lower_place(i, j)] += sum;
#endif
}

// gradients[gradient_start + i] += sum_r d_rows[row_element + i, r]: the gradient of a tensor shared by all rows.
// d_rows [*, n_rows], of which the first n_valid_rows rows are used; gradients [*].
// A workgroup owns one element; invocation l takes rows l, l + 64, ... in ascending order, then a fixed tree.
// docs/derivations.md, eq. (90)
#include "shared/tree_sum.wgsl"

struct Params {
  n_rows: u32,
  n_valid_rows: u32,
  n_elements: u32,
  row_element: u32,
  gradient_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_rows: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(REDUCTION_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = group.y * n_groups.x + group.x;
  if (i >= params.n_elements) {
    return;
  }
  var sum = 0.0;
  for (var r = local; r < params.n_valid_rows; r += REDUCTION_SIZE) {
    sum += d_rows[(params.row_element + i) * params.n_rows + r];
  }
  let total = tree_sum(local, sum);
  if (local == 0u) {
    gradients[params.gradient_start + i] += total;
  }
}

// d_W[o, i] += sum_k partials[k, o, i] for i < n_inputs, d_b[o] += sum_k partials[k, o, n_inputs].
// partials [n_slices, n_outputs, n_inputs + 1] from dense_backward_weight;
// gradients: d_W [n_outputs, n_inputs] at weight_offset, d_b [n_outputs] at bias_offset.
// One invocation owns one weight or bias and adds the slices in ascending order.
// docs/derivations.md, eq. (23), (24)
#include "shared/grid.wgsl"

struct Params {
  n_slices: u32,
  n_inputs: u32,
  n_outputs: u32,
  weight_offset: u32,
  bias_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_columns = params.n_inputs + 1u;
  let n_elements = params.n_outputs * n_columns;
  if (index >= n_elements) {
    return;
  }
  var sum = 0.0;
  for (var slice = 0u; slice < params.n_slices; slice++) {
    sum += partials[slice * n_elements + index];
  }
  let o = index / n_columns;
  let i = index % n_columns;
  let weight_place = params.weight_offset + o * params.n_inputs + i;
  gradients[select(weight_place, params.bias_offset + o, i == params.n_inputs)] += sum;
}

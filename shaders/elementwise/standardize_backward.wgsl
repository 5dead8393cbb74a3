// Undoes z = (x - mean) / std and pulls the gradient back through it: x = z std + mean, d_x = d_z / std. The log-det
// is the same for every x, so it adds nothing.
// parameters: mean, std [n_features]; state z -> x and d_state d_z -> d_x: [n_features, n_rows], in place.
// One invocation owns one row. docs/derivations.md, eq. (144)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  mean_offset: u32,
  std_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> d_state: array<f32>;

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
  for (var j = 0u; j < params.n_features; j++) {
    let std_j = parameters[params.std_offset + j];
    let place = j * params.n_rows + index;
    state[place] = state[place] * std_j + parameters[params.mean_offset + j];
    d_state[place] /= std_j;
  }
}

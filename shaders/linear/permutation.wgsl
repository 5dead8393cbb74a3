// z[j, r] = sign[j] x[permutation[j], r], or with INVERSE x[permutation[j], r] = sign[j] z[j, r], in place; sign[j] is 1
// without SIGNED.
// parameters: permutation [n_features], whole numbers as f32, and signs [n_features]; state [n_features, n_rows];
// scratch [n_features, n_rows] holds the original row.
// One invocation owns one row in both buffers, so it needs no barrier; nothing is accumulated.
// docs/derivations.md, eq. (50), (51), (83)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  permutation_offset: u32,
  signs_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> scratch: array<f32>;

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
    scratch[j * params.n_rows + index] = state[j * params.n_rows + index];
  }
  for (var j = 0u; j < params.n_features; j++) {
    let other = u32(parameters[params.permutation_offset + j]);
#if SIGNED
    let sign = parameters[params.signs_offset + j];
#else
    let sign = 1.0;
#endif
#if INVERSE
    state[other * params.n_rows + index] = sign * scratch[j * params.n_rows + index];
#else
    state[j * params.n_rows + index] = sign * scratch[other * params.n_rows + index];
#endif
  }
}

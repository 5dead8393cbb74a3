// z[j] = w[permutation[j]] with w = L y, y = U x per row, log_det[r] = (previous) + sum_i log_diagonal[i]; with INVERSE x by
// substitution, log_det[r] = (previous) - sum_i log_diagonal[i]. In place; `accumulate` is 0 to start log_det.
// U has exp(log_diagonal) on its diagonal and `upper` above it, L ones and `lower` below; both are packed by rows.
// parameters: lower, upper [D (D - 1) / 2], log_diagonal, permutation [D], D = n_features; state, scratch [D, n_quads];
// log_det [n_quads]; a quad is four rows. One invocation owns one quad and takes the features of each sum in ascending
// order. On images a row here is one of n_pixels pixels and the features are channels: log_det gets n_pixels times the
// sum, from the first pixel's invocation. docs/derivations.md, eq. (53), (54)
#include "shared/grid.wgsl"
#include "shared/triangles.wgsl"

struct Params {
  n_quads: u32,
  n_features: u32,
  lower_offset: u32,
  upper_offset: u32,
  log_diagonal_offset: u32,
  permutation_offset: u32,
  n_pixels: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> scratch: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> log_det: array<vec4f>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let quad = linear_index(group, n_groups, local);
  let n_quads = params.n_quads;
  let n_features = params.n_features;
  if (quad >= n_quads) {
    return;
  }
  var sum_log_diagonal = 0.0;
#if INVERSE
  for (var j = 0u; j < n_features; j++) {
    sum_log_diagonal += parameters[params.log_diagonal_offset + j];
    let i = u32(parameters[params.permutation_offset + j]);
    scratch[i * n_quads + quad] = state[j * n_quads + quad];
  }
  for (var i = 1u; i < n_features; i++) {
    var y = scratch[i * n_quads + quad];
    for (var k = 0u; k < i; k++) {
      y -= parameters[params.lower_offset + lower_place(i, k)] * scratch[k * n_quads + quad];
    }
    scratch[i * n_quads + quad] = y;
  }
  for (var step = 1u; step <= n_features; step++) {
    let i = n_features - step;
    var y = scratch[i * n_quads + quad];
    for (var j = i + 1u; j < n_features; j++) {
      y -= parameters[params.upper_offset + upper_place(i, j, n_features)] * state[j * n_quads + quad];
    }
    state[i * n_quads + quad] = y * exp(-parameters[params.log_diagonal_offset + i]);
  }
#else
  for (var i = 0u; i < n_features; i++) {
    let log_diagonal = parameters[params.log_diagonal_offset + i];
    var y = exp(log_diagonal) * state[i * n_quads + quad];
    for (var j = i + 1u; j < n_features; j++) {
      y += parameters[params.upper_offset + upper_place(i, j, n_features)] * state[j * n_quads + quad];
    }
    scratch[i * n_quads + quad] = y;
    sum_log_diagonal += log_diagonal;
  }
  for (var j = 0u; j < n_features; j++) {
    let i = u32(parameters[params.permutation_offset + j]);
    var w = scratch[i * n_quads + quad];
    for (var k = 0u; k < i; k++) {
      w += parameters[params.lower_offset + lower_place(i, k)] * scratch[k * n_quads + quad];
    }
    state[j * n_quads + quad] = w;
  }
#endif
  if (quad >= n_quads / params.n_pixels) {
    return;
  }
  sum_log_diagonal *= f32(params.n_pixels);
  let before = select(vec4f(), log_det[quad], params.accumulate == 1u);
#if INVERSE
  log_det[quad] = before - sum_log_diagonal;
#else
  log_det[quad] = before + sum_log_diagonal;
#endif
}

// Undoes z = P L U x and pulls the gradient back through it, per row: y and x as in invertible_linear,
// d_w[permutation[j]] = d_z[j], d_y = L^T d_w, d_x = U^T d_y.
// Tensors as in invertible_linear; state z -> x, d_state d_z -> d_x: [D, n_quads], in place; inner y, d_outer
// d_w, d_inner d_y: [D, n_quads], the factors of invertible_linear_weight_reduce's products.
// One invocation owns one quad of rows; each sum runs in ascending order. docs/derivations.md, eq. (54), (55)
#include "shared/grid.wgsl"
#include "shared/triangles.wgsl"

struct Params {
  n_quads: u32,
  n_features: u32,
  lower_offset: u32,
  upper_offset: u32,
  log_diagonal_offset: u32,
  permutation_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> d_state: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> inner: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> d_outer: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> d_inner: array<vec4f>;

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
  for (var j = 0u; j < n_features; j++) {
    let i = u32(parameters[params.permutation_offset + j]);
    inner[i * n_quads + quad] = state[j * n_quads + quad];
    d_outer[i * n_quads + quad] = d_state[j * n_quads + quad];
  }
  for (var i = 1u; i < n_features; i++) {
    var y = inner[i * n_quads + quad];
    for (var k = 0u; k < i; k++) {
      y -= parameters[params.lower_offset + lower_place(i, k)] * inner[k * n_quads + quad];
    }
    inner[i * n_quads + quad] = y;
  }
  for (var step = 1u; step <= n_features; step++) {
    let i = n_features - step;
    var y = inner[i * n_quads + quad];
    for (var j = i + 1u; j < n_features; j++) {
      y -= parameters[params.upper_offset + upper_place(i, j, n_features)] * state[j * n_quads + quad];
    }
    state[i * n_quads + quad] = y * exp(-parameters[params.log_diagonal_offset + i]);
  }
  for (var k = 0u; k < n_features; k++) {
    var d_y = d_outer[k * n_quads + quad];
    for (var i = k + 1u; i < n_features; i++) {
      d_y += parameters[params.lower_offset + lower_place(i, k)] * d_outer[i * n_quads + quad];
    }
    d_inner[k * n_quads + quad] = d_y;
  }
  for (var j = 0u; j < n_features; j++) {
    var d_x = exp(parameters[params.log_diagonal_offset + j]) * d_inner[j * n_quads + quad];
    for (var i = 0u; i < j; i++) {
      d_x += parameters[params.upper_offset + upper_place(i, j, n_features)] * d_inner[i * n_quads + quad];
    }
    d_state[j * n_quads + quad] = d_x;
  }
}

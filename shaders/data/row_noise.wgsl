// state[c, r] += sum over k <= c of factor[c, k] e[k, row_start + r]: noise with the covariance factor factor^T.
// step_state [1]: the step; factor [n_features, n_features] lower triangular, row-major; state [n_features, n_rows].
// e are standard normal numbers; e[4b .. 4b + 3, i] of a step come from the Philox block with
// counter = (b, i, step, STREAM_NOISE), key = (seed_lo, seed_hi).
// One invocation owns one row, and adds the normals' products block after block, in ascending k.
// Rothfuss et al. 2019, https://arxiv.org/abs/1907.08982
#include "shared/grid.wgsl"
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"

struct Params {
  n_rows: u32,
  row_start: u32,
  n_features: u32,
  seed_lo: u32,
  seed_hi: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step_state: array<u32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let r = linear_index(group, n_groups, local);
  if (r >= params.n_rows) {
    return;
  }
  let n = params.n_features;
  let key = vec2u(params.seed_lo, params.seed_hi);
  for (var first = 0u; first < n; first += 4u) {
    let e = four_normals(philox(vec4u(first / 4u, params.row_start + r, step_state[0], STREAM_NOISE), key));
    for (var c = first; c < n; c++) {
      var sum = 0.0;
      for (var i = 0u; i < 4u && first + i <= c; i++) {
        sum += factor[c * n + first + i] * e[i];
      }
      state[c * params.n_rows + r] += sum;
    }
  }
}

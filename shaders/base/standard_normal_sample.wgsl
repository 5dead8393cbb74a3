// state[c, r] = temperature * normal number c of row row_start + r: a sample depends only on (seed, row index).
// state [n_features, n_rows]; row_start is (row_start_hi, row_start_lo), 64 bits.
// One invocation draws four features of one row from one Philox block:
// counter = (block, row low, row high, stream), key = (seed_lo, seed_hi).
// Salmon et al. 2011; Box and Muller 1958; docs/derivations.md, eq. (34) to (36)
#include "shared/grid.wgsl"
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  row_start_lo: u32,
  row_start_hi: u32,
  seed_lo: u32,
  seed_hi: u32,
  stream: u32,
  temperature: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_blocks = (params.n_features + 3u) / 4u;
  if (index >= params.n_rows * n_blocks) {
    return;
  }
  let r = index % params.n_rows;
  let block = index / params.n_rows;

  let row = add_to_row(vec2u(params.row_start_lo, params.row_start_hi), r);
  let words = philox(vec4u(block, row.x, row.y, params.stream), vec2u(params.seed_lo, params.seed_hi));
  let z = params.temperature * four_normals(words);

  let first = 4u * block;
  let count = min(4u, params.n_features - first);
  for (var i = 0u; i < count; i++) {
    state[(first + i) * params.n_rows + r] = z[i];
  }
}

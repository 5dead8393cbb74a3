// state[j, r] = temperature t, a Student's t with nu_j = exp(log_df[j]) degrees of freedom, for row row_start + r: t =
// sqrt(nu (u^(-2 / nu) - 1)) cos(2 pi v), exact for every nu; a sample depends only on (seed, row index).
// parameters: log_df [n_features]; state [n_features, n_rows].
// One invocation draws two features of one row from one Philox block, with two words for the (u, v) of each.
// Bailey 1994; docs/derivations.md, eq. (34), (126)
#include "shared/grid.wgsl"
#include "shared/philox.wgsl"
#include "shared/student_t_draw.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  row_start_lo: u32,
  row_start_hi: u32,
  seed_lo: u32,
  seed_hi: u32,
  stream: u32,
  temperature: f32,
  log_df_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  let n_blocks = (params.n_features + 1u) / 2u;
  if (index >= params.n_rows * n_blocks) {
    return;
  }
  let r = index % params.n_rows;
  let block = index / params.n_rows;

  let row = add_to_row(vec2u(params.row_start_lo, params.row_start_hi), r);
  let words = philox(vec4u(block, row.x, row.y, params.stream), vec2u(params.seed_lo, params.seed_hi));
  let first = 2u * block;
  let count = min(2u, params.n_features - first);
  for (var i = 0u; i < count; i++) {
    let j = first + i;
    let df = exp(parameters[params.log_df_offset + j]);
    let t = student_t_draw(vec2u(words[2u * i], words[2u * i + 1u]), df);
    state[j * params.n_rows + r] = params.temperature * t;
  }
}

// state[., r] = mean_k + temperature exp(log_scale_k) normals, where row row_start + r draws component k with
// the weights softmax(logits): a sample depends only on (seed, row index).
// parameters: mean, log_scale [n_components, n_features], logits [n_components]; state [n_features, n_rows].
// One invocation draws four features of one row from one Philox block; a separate block draws k.
// Box and Muller 1958; docs/derivations.md, eq. (34) to (36), (122)
#include "shared/grid.wgsl"
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"
#include "shared/mixture.wgsl"

struct Params {
  n_rows: u32,
  n_features: u32,
  row_start_lo: u32,
  row_start_hi: u32,
  seed_lo: u32,
  seed_hi: u32,
  stream: u32,
  temperature: f32,
  n_components: u32,
  mean_offset: u32,
  log_scale_offset: u32,
  logits_offset: u32,
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
  let n_blocks = (params.n_features + 3u) / 4u;
  if (index >= params.n_rows * n_blocks) {
    return;
  }
  let r = index % params.n_rows;
  let block = index / params.n_rows;

  let row = add_to_row(vec2u(params.row_start_lo, params.row_start_hi), r);
  let key = vec2u(params.seed_lo, params.seed_hi);
  let choice = philox(vec4u(CHOICE_BLOCK, row.x, row.y, params.stream), key);
  let mixture = Mixture(
    params.n_components,
    params.n_features,
    params.mean_offset,
    params.log_scale_offset,
    params.logits_offset,
  );
  let k = component_at(mixture, uniform_of(choice.x));
  let words = philox(vec4u(block, row.x, row.y, params.stream), key);
  let z = params.temperature * four_normals(words);

  let first = 4u * block;
  let count = min(4u, params.n_features - first);
  for (var i = 0u; i < count; i++) {
    let j = first + i;
    state[j * params.n_rows + r] = mean_of(mixture, k, j) + exp(component_log_scale(mixture, k, j)) * z[i];
  }
}

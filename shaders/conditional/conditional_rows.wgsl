// The rows of a feature's conditional: each row once for every node (or cell) and draw, with other values of one feature, and
// of its companion if it has one. Evaluation e = (node * n_draws + draw) * n_rows + row takes the draw of the row,
// rows [n_draws, n_features, n_rows]. The feature is points [cells, n_draws, n_rows]; with NODES it is fresh [nodes, n_rows]
// turned into data, and its companion is points [n_draws, n_rows].
// state [n_features, n_evaluations]; with HAS_CONTEXT context [n_context, n_evaluations] repeats row_context
// [n_context, n_rows]. One invocation writes one evaluation. docs/derivations.md, eq. (148), (149)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

struct Params {
  n_rows: u32,
  n_evaluations: u32,
  n_features: u32,
  n_context: u32,
  n_draws: u32,
  feature: u32,
  // n_features if there is none.
  companion: u32,
  domain: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<f32>;
@group(0) @binding(2) var<storage, read> points: array<f32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
#if NODES
@group(0) @binding(4) var<storage, read> fresh: array<f32>;
#endif
#if HAS_CONTEXT
@group(0) @binding(5) var<storage, read> row_context: array<f32>;
@group(0) @binding(6) var<storage, read_write> context: array<f32>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let evaluation = linear_index(group, n_groups, local);
  if (evaluation >= params.n_evaluations) {
    return;
  }
  let n_rows = params.n_rows;
  let row = evaluation % n_rows;
  let block = evaluation / n_rows;
  let draw = block % params.n_draws;
#if !NODES
  let value = points[block * n_rows + row];
#else
  var value = fresh[block / params.n_draws * n_rows + row];
  if (params.domain != DOMAIN_REAL) {
    value = domain_preimage(params.domain == DOMAIN_UNIT, value, params.scale).value;
  }
  let companion = points[draw * n_rows + row];
#endif
  for (var j = 0u; j < params.n_features; j++) {
    let given = rows[(draw * params.n_features + j) * n_rows + row];
    var placed = select(given, value, j == params.feature);
#if NODES
    placed = select(placed, companion, j == params.companion);
#endif
    state[j * params.n_evaluations + evaluation] = placed;
  }
#if HAS_CONTEXT
  for (var j = 0u; j < params.n_context; j++) {
    context[j * params.n_evaluations + evaluation] = row_context[j * n_rows + row];
  }
#endif
}

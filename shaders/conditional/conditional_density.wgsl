// The mean over a row's draws of the density at each fresh node, as a logarithm: of log_prob [n_nodes, n_draws, n_rows] plus
// draw_weight [n_draws, n_rows]. With NODES plus the log-derivative of the map from fresh [n_nodes, n_rows] to data, into
// log_density [*, n_rows] at slots [n_nodes, n_rows]. With CELLS plus log_weight [cells, n_draws, n_rows] in the mean, into
// log_density [cells, n_rows].
// One invocation owns one node of one row and sums over the draws in order. docs/derivations.md, eq. (148), (149)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"

struct Params {
  n_rows: u32,
  n_nodes: u32,
  n_draws: u32,
  domain: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> log_prob: array<f32>;
@group(0) @binding(2) var<storage, read> draw_weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> log_density: array<f32>;
#if CELLS
@group(0) @binding(4) var<storage, read> log_weight: array<f32>;
#endif
#if NODES
@group(0) @binding(5) var<storage, read> fresh: array<f32>;
@group(0) @binding(6) var<storage, read> slots: array<u32>;
#endif

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  if (index >= params.n_rows * params.n_nodes) {
    return;
  }
  let row = index % params.n_rows;
  let node = index / params.n_rows;
  var peak = term_at(node, 0u, row);
  for (var draw = 1u; draw < params.n_draws; draw++) {
    peak = max(peak, term_at(node, draw, row));
  }
  // Nothing to scale by if all terms are minus infinity.
  let shift = select(0.0, peak, is_finite(peak));
  var sum = 0.0;
  for (var draw = 0u; draw < params.n_draws; draw++) {
    sum += exp(term_at(node, draw, row) - shift);
  }
  let mean = select(peak, shift + log(sum / f32(params.n_draws)), is_finite(peak));
#if CELLS
  log_density[index] = mean;
#endif
#if NODES
  var log_derivative = 0.0;
  if (params.domain != DOMAIN_REAL) {
    log_derivative = domain_preimage(params.domain == DOMAIN_UNIT, fresh[index], params.scale).log_derivative;
  }
  log_density[slots[index] * params.n_rows + row] = mean + log_derivative;
#endif
}

fn term_at(node: u32, draw: u32, row: u32) -> f32 {
  let place = (node * params.n_draws + draw) * params.n_rows + row;
  let term = log_prob[place] + draw_weight[draw * params.n_rows + row];
#if CELLS
  return term + log_weight[place];
#endif
#if NODES
  return term;
#endif
}

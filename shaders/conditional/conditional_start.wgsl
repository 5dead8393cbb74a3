// The first nodes of each row's conditional, in ascending order: the row's own value, N_SPREAD places around a centre, in
// units of `scale`, and three quantiles of the feature. Equal nodes move apart, the row's own value stays.
// own, centre [n_rows]; nodes [N_SPREAD + 4, n_rows]; slots, as long: the place of each node, which is its own.
// One invocation owns one row. docs/derivations.md, eq. (147)
#include "shared/grid.wgsl"

struct Params {
  n_rows: u32,
  scale: f32,
  low: f32,
  median: f32,
  high: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> own: array<f32>;
@group(0) @binding(2) var<storage, read> centre: array<f32>;
@group(0) @binding(3) var<storage, read_write> nodes: array<f32>;
@group(0) @binding(4) var<storage, read_write> slots: array<u32>;

const N_SPREAD: u32 = 9u;
const SPREAD = array<f32, 9>(-4.5, -2.6, -1.5, -0.7, 0.0, 0.7, 1.5, 2.6, 4.5);
const N_NODES: u32 = N_SPREAD + 4u;

// The least distance of two nodes, in units of the scale and of their size.
const MIN_GAP: f32 = 1e-4;
const MIN_RELATIVE_GAP: f32 = 1e-6;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = linear_index(group, n_groups, local);
  if (row >= params.n_rows) {
    return;
  }
  let own_value = own[row];
  var sorted = array<f32, N_NODES>();
  var spread = SPREAD;
  for (var i = 0u; i < N_SPREAD; i++) {
    sorted[i] = centre[row] + params.scale * spread[i];
  }
  sorted[N_SPREAD] = params.low;
  sorted[N_SPREAD + 1u] = params.median;
  sorted[N_SPREAD + 2u] = params.high;
  // Insertion sort; then the own value goes to its place.
  for (var i = 1u; i < N_NODES - 1u; i++) {
    let value = sorted[i];
    var place = i;
    while (place > 0u && sorted[place - 1u] > value) {
      sorted[place] = sorted[place - 1u];
      place--;
    }
    sorted[place] = value;
  }
  var own_place = N_NODES - 1u;
  while (own_place > 0u && sorted[own_place - 1u] > own_value) {
    sorted[own_place] = sorted[own_place - 1u];
    own_place--;
  }
  sorted[own_place] = own_value;
  for (var i = own_place + 1u; i < N_NODES; i++) {
    sorted[i] = max(sorted[i], sorted[i - 1u] + gap_at(sorted[i - 1u]));
  }
  for (var i = own_place; i > 0u; i--) {
    sorted[i - 1u] = min(sorted[i - 1u], sorted[i] - gap_at(sorted[i]));
  }
  for (var i = 0u; i < N_NODES; i++) {
    nodes[i * params.n_rows + row] = sorted[i];
    slots[i * params.n_rows + row] = i;
  }
}

fn gap_at(value: f32) -> f32 {
  return max(MIN_GAP * params.scale, MIN_RELATIVE_GAP * abs(value));
}

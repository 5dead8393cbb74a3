// More nodes where a row's conditional is least certain. nodes, log_density [n_nodes, n_rows] become next_nodes and
// next_log_density [n_nodes + n_fresh, n_rows], still in ascending order; the densities of the fresh nodes, which
// conditional_density writes, are left out. fresh, slots [n_fresh, n_rows]: these nodes, and their places.
// Panels and tails share out the nodes by the cube roots of their doubts. One invocation owns one row.
// docs/derivations.md, eq. (150) to (155)
#include "shared/grid.wgsl"
#include "shared/conditional_curve.wgsl"

struct Params {
  n_rows: u32,
  n_nodes: u32,
  n_fresh: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nodes: array<f32>;
@group(0) @binding(2) var<storage, read> log_density: array<f32>;
@group(0) @binding(3) var<storage, read_write> next_nodes: array<f32>;
@group(0) @binding(4) var<storage, read_write> next_log_density: array<f32>;
@group(0) @binding(5) var<storage, read_write> fresh: array<f32>;
@group(0) @binding(6) var<storage, read_write> slots: array<u32>;

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
  let curve = curve_of(row, 1u);
  let left = left_tail(curve);
  let right = right_tail(curve);
  let last = params.n_nodes - 1u;
  let span = node_at(curve, last) - node_at(curve, 0u);
  var total = weight_of_tail(left, span) + weight_of_tail(right, span);
  for (var panel = 0u; panel < last; panel++) {
    total += weight_of_panel(curve, panel);
  }
  // Segment 0 is the left tail, segment i the panel before node i, the last one the right tail.
  var n_placed = 0u;
  var before = 0.0;
  for (var segment = 0u; segment <= last + 1u; segment++) {
    let is_left = segment == 0u;
    let is_right = segment == last + 1u;
    var weight = 0.0;
    var start = 0.0;
    var width = 0.0;
    if (is_left) {
      weight = weight_of_tail(left, span);
      // A tail has nodes up to its end.
      width = reach_of(left, span);
      start = node_at(curve, 0u) - 1.1 * width;
    } else if (is_right) {
      weight = weight_of_tail(right, span);
      width = reach_of(right, span);
      start = node_at(curve, last) + 0.1 * width;
    } else {
      weight = weight_of_panel(curve, segment - 1u);
      start = node_at(curve, segment - 1u);
      width = node_at(curve, segment) - start;
    }
    while (n_placed < params.n_fresh) {
      let t = ((f32(n_placed) + 0.5) / f32(params.n_fresh) * total - before) / weight;
      if (t > 1.0 && !is_right) {
        break;
      }
      // Away from the nodes at both ends, which are known.
      let node = start + width * (0.1 + 0.8 * clamp(t, 0.0, 1.0));
      let slot = segment + n_placed;
      next_nodes[slot * params.n_rows + row] = node;
      fresh[n_placed * params.n_rows + row] = node;
      slots[n_placed * params.n_rows + row] = slot;
      n_placed++;
    }
    before += weight;
    if (!is_right) {
      let slot = segment + n_placed;
      next_nodes[slot * params.n_rows + row] = node_at(curve, segment);
      next_log_density[slot * params.n_rows + row] = log_density[segment * params.n_rows + row];
    }
  }
}

fn weight_of_panel(curve: Curve, index: u32) -> f32 {
  let panel = panel_at(curve, index);
  let mass = mass_to(panel, 1.0);
  return cube_root(doubt_of(curve, index, panel, mass) + mass / 1000.0);
}

fn weight_of_tail(tail: Tail, span: f32) -> f32 {
  return cube_root(0.5 * min(tail.mass, span));
}

// How far beyond the last node of a tail its fresh nodes go.
fn reach_of(tail: Tail, span: f32) -> f32 {
  if (4.0 >= tail.rate * 2.0 * span) {
    return 2.0 * span;
  }
  return 4.0 / tail.rate;
}

fn cube_root(value: f32) -> f32 {
  return select(0.0, pow(value, 1.0 / 3.0), value > 0.0);
}

// What a row's conditional says, from its nodes and log_density [n_nodes, n_rows]. summary [3 + 3 n_points + n_levels, n_rows]:
// the log of its total mass, an estimate of that log's error, its mean in units of data; for each of points [n_points,
// n_rows] log p, the share of the mass below it and the log of the share at most as dense; and the places below which the
// shares levels [n_levels, n_rows] lie. All logs are in nats; places are before the map to data.
// One invocation owns one row. docs/derivations.md, eq. (150) to (153), (156)
#include "shared/grid.wgsl"
#include "shared/domain.wgsl"
#include "shared/conditional_curve.wgsl"

struct Params {
  n_rows: u32,
  n_nodes: u32,
  n_points: u32,
  n_levels: u32,
  domain: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> nodes: array<f32>;
@group(0) @binding(2) var<storage, read> log_density: array<f32>;
@group(0) @binding(3) var<storage, read> points: array<f32>;
@group(0) @binding(4) var<storage, read> levels: array<f32>;
@group(0) @binding(5) var<storage, read_write> summary: array<f32>;

// A density that is as large as the threshold but for rounding counts as not above it.
const THRESHOLD_SLACK: f32 = 1e-6;
// Parts of a panel that is nearly level with a threshold, with nodes as close to it in nats: its crest may be narrower than
// a part.
const LEVEL_PARTS: u32 = 32u;
const LEVEL: f32 = 0.5;

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
  var total = left.mass + right.mass;
  var doubt = 0.0;
  var moment = left.mass * value_at(node_at(curve, 0u) - mean_distance(left)) +
    right.mass * value_at(node_at(curve, curve.count - 1u) + mean_distance(right));
  for (var index = 0u; index + 1u < curve.count; index++) {
    let panel = panel_at(curve, index);
    let mass = mass_to(panel, 1.0);
    total += mass;
    doubt += doubt_of(curve, index, panel, mass);
    var start = panel.first;
    for (var part = 0u; part < PARTS; part++) {
      let end = log_at_part(panel, part + 1u);
      let middle = panel.start + panel.width * (f32(part) + 0.5) / f32(PARTS);
      moment += mass_of_line(panel.width / f32(PARTS), start, end) * value_at(middle);
      start = end;
    }
  }
  let hidden = doubt / total;
  let difference = abs(log(total / total_of(curve_of(row, 2u))));
  let error = max(max(difference, (left.mass + right.mass) / total / 5.0), 0.5 * hidden * hidden);
  put(0u, row, log(total) + curve.peak);
  put(1u, row, error);
  put(2u, row, moment / total);
  for (var i = 0u; i < params.n_points; i++) {
    let at = place_of(curve, left, right, total, points[i * params.n_rows + row]);
    put(3u + 3u * i, row, at.log + curve.peak);
    put(4u + 3u * i, row, at.mass / total);
    put(5u + 3u * i, row, log(relative_tail(curve, left, right, at.log)) + at.log - log(total));
  }
  for (var i = 0u; i < params.n_levels; i++) {
    let target_mass = levels[i * params.n_rows + row] * total;
    put(3u + 3u * params.n_points + i, row, quantile_of(curve, left, right, total, target_mass));
  }
}

fn put(place: u32, row: u32, value: f32) {
  summary[place * params.n_rows + row] = value;
}

fn value_at(y: f32) -> f32 {
  if (params.domain == DOMAIN_REAL) {
    return y;
  }
  return domain_preimage(params.domain == DOMAIN_UNIT, y, params.scale).value;
}

fn total_of(curve: Curve) -> f32 {
  var total = left_tail(curve).mass + right_tail(curve).mass;
  for (var panel = 0u; panel + 1u < curve.count; panel++) {
    total += mass_to(panel_at(curve, panel), 1.0);
  }
  return total;
}

fn mean_distance(tail: Tail) -> f32 {
  return 1.0 / (tail.rate * max(1.0 - 2.0 * tail.shape, 0.1));
}

struct Place {
  // log p there, relative to the peak, and the mass below.
  log: f32,
  mass: f32,
}

fn place_of(curve: Curve, left: Tail, right: Tail, total: f32, y: f32) -> Place {
  let first = node_at(curve, 0u);
  let last = node_at(curve, curve.count - 1u);
  if (y < first) {
    return Place(log_in_tail(left, first - y), mass_beyond(left, first - y));
  }
  if (y > last) {
    return Place(log_in_tail(right, y - last), total - mass_beyond(right, y - last));
  }
  var mass = left.mass;
  var index = 0u;
  while (index + 2u < curve.count && y >= node_at(curve, index + 1u)) {
    mass += mass_to(panel_at(curve, index), 1.0);
    index++;
  }
  let panel = panel_at(curve, index);
  let t = (y - panel.start) / panel.width;
  return Place(log_in(panel, t), mass + mass_to(panel, t));
}

fn log_in_tail(tail: Tail, distance: f32) -> f32 {
  if (tail.shape < MIN_SHAPE) {
    return tail.first - tail.rate * distance;
  }
  return tail.first - log(1.0 + tail.shape * tail.rate * distance) / tail.shape;
}

fn mass_beyond(tail: Tail, distance: f32) -> f32 {
  if (tail.shape < MIN_SHAPE) {
    return tail.mass * exp(-tail.rate * distance);
  }
  return tail.mass * pow(1.0 + tail.shape * tail.rate * distance, 1.0 - 1.0 / tail.shape);
}

// The mass whose log p is at most `level`, in units of exp(level).
fn relative_tail(curve: Curve, left: Tail, right: Tail, level: f32) -> f32 {
  let most = level + THRESHOLD_SLACK * (1.0 + abs(level));
  var sum = tail_below(left, level, most) + tail_below(right, level, most);
  for (var index = 0u; index + 1u < curve.count; index++) {
    let panel = panel_at(curve, index);
    let is_level = max(abs(panel.first - level), abs(panel.last - level)) < LEVEL;
    let n_parts = select(PARTS, LEVEL_PARTS, is_level);
    let width = panel.width / f32(n_parts);
    var start = panel.first;
    for (var part = 0u; part < n_parts; part++) {
      let end = log_in(panel, f32(part + 1u) / f32(n_parts));
      let low = min(start, end);
      let high = max(start, end);
      if (high <= most) {
        sum += mass_of_line(width, start - level, end - level);
      } else if (low < most) {
        sum += mass_of_line(width * (most - low) / (high - low), low - level, most - level);
      }
      start = end;
    }
  }
  return sum;
}

// Where the tail has fallen to the level, its mass is that of a tail with the rate there.
fn tail_below(tail: Tail, level: f32, most: f32) -> f32 {
  let local_rate = (1.0 - tail.shape) * tail.rate;
  if (tail.first <= most) {
    return exp(tail.first - level) / local_rate;
  }
  return exp(tail.shape * (tail.first - most)) / local_rate;
}

fn quantile_of(curve: Curve, left: Tail, right: Tail, total: f32, target_mass: f32) -> f32 {
  if (target_mass < left.mass) {
    return node_at(curve, 0u) - distance_of(left, target_mass);
  }
  var below = left.mass;
  for (var index = 0u; index + 1u < curve.count; index++) {
    let panel = panel_at(curve, index);
    let mass = mass_to(panel, 1.0);
    if (target_mass < below + mass) {
      return panel.start + distance_in(panel, target_mass - below);
    }
    below += mass;
  }
  return node_at(curve, curve.count - 1u) + distance_of(right, max(total - target_mass, 0.0));
}

// The distance from the panel's first node within which it has this mass.
fn distance_in(panel: Panel, target_mass: f32) -> f32 {
  let width = panel.width / f32(PARTS);
  var left = target_mass;
  var start = panel.first;
  for (var part = 0u; part < PARTS; part++) {
    let end = log_at_part(panel, part + 1u);
    let mass = mass_of_line(width, start, end);
    if (left < mass || part == PARTS - 1u) {
      return width * (f32(part) + share_of_line(end - start, clamp(left / mass, 0.0, 1.0)));
    }
    left -= mass;
    start = end;
  }
  return panel.width;
}

// The share of the width of a line in log p with this rise that has this share of its mass.
fn share_of_line(rise: f32, mass: f32) -> f32 {
  if (abs(rise) < 1e-2) {
    return mass + 0.5 * rise * mass * (1.0 - mass);
  }
  if (rise > 0.0) {
    return clamp(1.0 + log(mass + (1.0 - mass) * exp(-rise)) / rise, 0.0, 1.0);
  }
  return clamp(log(1.0 - mass + mass * exp(rise)) / rise, 0.0, 1.0);
}

// How far out this much of the tail's mass is left.
fn distance_of(tail: Tail, left: f32) -> f32 {
  let log_share = log(min(left / tail.mass, 1.0));
  if (tail.shape < MIN_SHAPE) {
    return -log_share / tail.rate;
  }
  return (exp(-tail.shape / (1.0 - tail.shape) * log_share) - 1.0) / (tail.shape * tail.rate);
}

// The density of one number given the others, known at nodes [n_nodes, n_rows] in ascending order: log p is a cubic between
// two nodes, cut into PARTS lines, and a tail beyond each end. Log-densities are relative to the row's largest, the peak.
// Needs nodes, log_density and these params. docs/derivations.md, eq. (150) to (154)

// Parts of a panel between two nodes.
const PARTS: u32 = 8u;
// Log-densities below the peak by more are as low as this; a steeper slope is as steep as MAX_SLOPE.
const FLOOR: f32 = -1e30;
const MAX_SLOPE: f32 = 1e20;
// A tail's mass is finite if its shape is below 1; a smaller shape than MIN_SHAPE is none.
const MIN_SHAPE: f32 = 1e-3;
const MAX_SHAPE: f32 = 0.9;
// Nats by which log p may rise outward at the end of a tail that falls.
const RIPPLE: f32 = 0.25;
// A tail that does not fall has this rate, and a mass as of this length.
const SLOWEST: f32 = 1e-10;
const ENDLESS: f32 = 1e15;
// Nats by which a density may rise between nodes: above the peak if both neighbours point up, else above both nodes.
const MAX_RISE: f32 = 4.0;
// Nats by which a cubic may be steeper over a panel than the secants allow.
const SLOPE_SLACK: f32 = 1.0;

// Every `stride`-th node of a row. With the stride 2, the number of nodes is odd.
struct Curve {
  row: u32,
  stride: u32,
  count: u32,
  peak: f32,
}

fn curve_of(row: u32, stride: u32) -> Curve {
  var peak = log_density[row];
  for (var i = 1u; i < params.n_nodes; i++) {
    peak = max(peak, log_density[i * params.n_rows + row]);
  }
  return Curve(row, stride, (params.n_nodes - 1u) / stride + 1u, peak);
}

fn node_at(curve: Curve, i: u32) -> f32 {
  return nodes[i * curve.stride * params.n_rows + curve.row];
}

fn log_at(curve: Curve, i: u32) -> f32 {
  return max(log_density[i * curve.stride * params.n_rows + curve.row] - curve.peak, FLOOR);
}

fn limited(value: f32, most: f32) -> f32 {
  return clamp(value, -most, most);
}

// The slope of the line between two nodes.
fn secant_at(curve: Curve, panel: u32) -> f32 {
  let rise = log_at(curve, panel + 1u) - log_at(curve, panel);
  return limited(rise / (node_at(curve, panel + 1u) - node_at(curve, panel)), MAX_SLOPE);
}

// Of the parabola through an inner node and its neighbours, but not much steeper than both secants.
fn slope_at(curve: Curve, i: u32) -> f32 {
  let a = node_at(curve, i) - node_at(curve, i - 1u);
  let b = node_at(curve, i + 1u) - node_at(curve, i);
  let before = secant_at(curve, i - 1u);
  let after = secant_at(curve, i);
  let monotone = 3.0 * min(abs(before), abs(after));
  let widest = max(a, b);
  let is_crest = (before > 0.0) != (after > 0.0);
  let most = select(monotone, min(monotone, MAX_RISE / widest), is_crest) + SLOPE_SLACK / widest;
  return limited(b / (a + b) * before + a / (a + b) * after, most);
}

// At the outer end of a panel, from its secant and the slope at its inner end.
fn end_slope(secant: f32, inner: f32, width: f32) -> f32 {
  return 1.5 * secant + limited(0.5 * secant - inner, 1.5 * abs(secant) + SLOPE_SLACK / width);
}

struct Panel {
  start: f32,
  width: f32,
  secant: f32,
  // log p at its nodes.
  first: f32,
  last: f32,
  // The slopes there.
  rise: f32,
  fall: f32,
}

fn panel_at(curve: Curve, panel: u32) -> Panel {
  let start = node_at(curve, panel);
  let width = node_at(curve, panel + 1u) - start;
  let secant = secant_at(curve, panel);
  let is_first = panel == 0u;
  let is_last = panel + 2u == curve.count;
  let rise = slope_at(curve, max(panel, 1u));
  let fall = slope_at(curve, min(panel + 1u, curve.count - 2u));
  return Panel(
    start,
    width,
    secant,
    log_at(curve, panel),
    log_at(curve, panel + 1u),
    select(rise, end_slope(secant, fall, width), is_first),
    select(fall, end_slope(secant, rise, width), is_last),
  );
}

// log p at a share of the panel.
fn log_in(panel: Panel, t: f32) -> f32 {
  let u = 1.0 - t;
  let bend = panel.width * t * u * (panel.rise * u - panel.fall * t);
  return panel.first * u * u * (1.0 + 2.0 * t) + panel.last * t * t * (3.0 - 2.0 * t) + bend;
}

fn log_at_part(panel: Panel, part: u32) -> f32 {
  return log_in(panel, f32(part) / f32(PARTS));
}

// The integral of exp of the line from `start` to `end` over a width.
fn mass_of_line(width: f32, start: f32, end: f32) -> f32 {
  let fall = abs(end - start);
  let small = 1.0 - fall / 2.0 + fall * fall / 6.0;
  return width * exp(max(start, end)) * select((1.0 - exp(-fall)) / fall, small, fall < 1e-2);
}

// The mass of a panel up to a share of it.
fn mass_to(panel: Panel, t: f32) -> f32 {
  var sum = 0.0;
  var start = panel.first;
  for (var part = 0u; part < PARTS; part++) {
    let end = log_at_part(panel, part + 1u);
    let share = clamp(t * f32(PARTS) - f32(part), 0.0, 1.0);
    sum += mass_of_line(share * panel.width / f32(PARTS), start, start + share * (end - start));
    start = end;
  }
  return sum;
}

// p(0) (1 + shape d rate)^(-1 / shape) at the distance d; exponential if the shape is 0.
struct Tail {
  first: f32,
  rate: f32,
  shape: f32,
  mass: f32,
}

// The first node inward of node i that is likelier by more than a ripple; n if there is none.
fn likelier_than(curve: Curve, i: i32, inward: i32) -> i32 {
  let n = i32(curve.count);
  if (i >= n) {
    return n;
  }
  let ripple = log_at(curve, u32(i)) + RIPPLE;
  var j = i + inward;
  while (j >= 0 && j < n && log_at(curve, u32(max(j, 0))) <= ripple) {
    j += inward;
  }
  return select(n, j, j >= 0);
}

// The slope of the line from node i to node j, which is farther inward.
fn slope_to(curve: Curve, i: i32, j: i32) -> f32 {
  let rise = log_at(curve, u32(j)) - log_at(curve, u32(i));
  return limited(rise / abs(node_at(curve, u32(j)) - node_at(curve, u32(i))), MAX_SLOPE);
}

// The tail beyond node i, the first or last one.
fn tail_at(curve: Curve, i: i32, inward: i32) -> Tail {
  let first = log_at(curve, u32(i));
  let none = i32(curve.count);
  let j = likelier_than(curve, i, inward);
  if (j == none) {
    return Tail(first, SLOWEST, 0.0, exp(first) * ENDLESS);
  }
  let slope = slope_to(curve, i, j);
  let near = abs(node_at(curve, u32(j)) - node_at(curve, u32(i)));
  let k = likelier_than(curve, j, inward);
  // From a summit it falls ever faster.
  var inner = 0.0;
  var between = near;
  if (k != none) {
    inner = slope_to(curve, j, k);
    between = 0.5 * abs(node_at(curve, u32(k)) - node_at(curve, u32(i)));
  }
  // 1 / rate grows along a heavy tail; along a light one, the rate does.
  let growth = select(0.0, (1.0 / slope - 1.0 / inner) / between, inner > 0.0);
  let shape = select(min(growth, MAX_SHAPE), 0.0, growth < MIN_SHAPE);
  let steeper = select(slope, max(slope + (slope - inner) * near / (2.0 * between), slope), inner > 0.0);
  let rate = select(steeper, 1.0 / (1.0 / slope + 0.5 * shape * near), shape > 0.0);
  return Tail(first, rate, shape, exp(first) / rate / (1.0 - shape));
}

fn left_tail(curve: Curve) -> Tail {
  return tail_at(curve, 0, 1);
}

fn right_tail(curve: Curve) -> Tail {
  return tail_at(curve, i32(curve.count) - 1, -1);
}

// The mass that a panel may have besides that of the line between its nodes: where log p is concave, it is below the secants
// of its neighbours.
fn doubt_of(curve: Curve, index: u32, panel: Panel, mass: f32) -> f32 {
  let width = panel.width;
  let line = mass_of_line(width, panel.first, panel.last);
  let before = select(panel.secant + SLOPE_SLACK / width, secant_at(curve, max(index, 1u) - 1u), index > 0u);
  let has_next = index + 2u < curve.count;
  let after = select(panel.secant - SLOPE_SLACK / width, secant_at(curve, min(index + 1u, curve.count - 2u)), has_next);
  let most = max(panel.first, panel.last) + MAX_RISE;
  var more = 0.0;
  if (before > panel.secant && after < panel.secant) {
    let place = clamp((panel.last - after * width - panel.first) / (before - after), 0.0, width);
    let top = min(panel.first + before * place, MAX_RISE);
    more = mass_of_line(place, panel.first, top) + mass_of_line(width - place, top, panel.last) - line;
  } else if (before > panel.secant) {
    more = 0.25 * (mass_of_line(width, panel.first, min(panel.first + before * width, most)) - line);
  } else if (after < panel.secant) {
    more = 0.25 * (mass_of_line(width, min(panel.last - after * width, most), panel.last) - line);
  }
  return max(more, abs(mass - line));
}

// The second hidden layer of nets with one input, before its activation, as a line over each piece between the kinks of
// the first: A x + B with A = sum W1 phi'_0 w0 and B = b1 + sum W1 phi'_0 b0. Each sum only adds terms and subtracts
// none: units with kinks below the piece from the first piece up, units with kinks above it from the last piece down.
// parameters: laid out by paramLayout; lines [nets, HIDDEN_0 + 1, upper quads, 2]: A, then B.
// One workgroup sorts the units of one net by their kinks; each invocation owns four upper units and adds the
// lower ones in that order, in blocks. docs/derivations.md, eq. (71)
#include "shared/activation.wgsl"
#include "shared/net_layout.wgsl"
#include "shared/pieces.wgsl"

struct Params {
  n_nets: u32,
  net_start: u32,
  coupling_stride: u32,
  net_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> lines: array<vec4f>;

const N_UPPER_QUADS: u32 = (HIDDEN_1 + 3u) / 4u;

// Units per block with a separate sum: fewer roundings affect the large sums.
const BLOCK_UNITS: u32 = 8u;

var<workgroup> sh_kinks: array<f32, HIDDEN_0>;
var<workgroup> sh_falls: array<u32, HIDDEN_0>;
// The units in the order of their kinks.
var<workgroup> sh_units: array<u32, HIDDEN_0>;
var<workgroup> sh_weights: array<f32, HIDDEN_0>;
var<workgroup> sh_biases: array<f32, HIDDEN_0>;

@compute @workgroup_size(PIECE_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let net = group.y;
  let start = start_of_net(net);
  for (var unit = local; unit < HIDDEN_0; unit += PIECE_GROUP_SIZE) {
    let weight = parameters[start + unit];
    sh_kinks[unit] = kink_of(weight, parameters[start + BIAS_0 + unit]);
    sh_falls[unit] = select(0u, 1u, weight < 0.0);
  }
  workgroupBarrier();
  for (var first = 4u * local; first < HIDDEN_0; first += 4u * PIECE_GROUP_SIZE) {
    let units = first + vec4u(0u, 1u, 2u, 3u);
    let inside = min(units, vec4u(HIDDEN_0 - 1u));
    let kinks = vec4f(sh_kinks[inside.x], sh_kinks[inside.y], sh_kinks[inside.z], sh_kinks[inside.w]);
    let falls = vec4u(sh_falls[inside.x], sh_falls[inside.y], sh_falls[inside.z], sh_falls[inside.w]);
    var ranks = vec4u();
    for (var other = 0u; other < HIDDEN_0; other++) {
      let kink = vec4f(sh_kinks[other]);
      // At its kink x is above a falling unit and not above a rising one.
      let fall = vec4u(sh_falls[other]);
      let is_before = (kink < kinks) |
        ((kink == kinks) & ((fall > falls) | ((fall == falls) & (vec4u(other) < units))));
      ranks += select(vec4u(), vec4u(1u), is_before);
    }
#unroll u 4
    if (units[$u] < HIDDEN_0) {
      sh_units[ranks[$u]] = units[$u];
      sh_weights[ranks[$u]] = parameters[start + units[$u]];
      sh_biases[ranks[$u]] = parameters[start + BIAS_0 + units[$u]];
    }
#end
  }
  workgroupBarrier();
  let upper_quad = group.x * PIECE_GROUP_SIZE + local;
  if (upper_quad >= N_UPPER_QUADS) {
    return;
  }
  let units = min(4u * upper_quad + vec4u(0u, 1u, 2u, 3u), vec4u(HIDDEN_1 - 1u));
  let rows = start + WEIGHT_1 + units * HIDDEN_0;
  let biases = start + BIAS_1 + units;
  let first_line = (net * N_PIECES * N_UPPER_QUADS + upper_quad) * 2u;
  let derivative_before = activate(vec4f(-1.0)).derivative.x;

  var slope = vec4f();
  var intercept = vec4f(parameters[biases.x], parameters[biases.y], parameters[biases.z], parameters[biases.w]);
  var block_slope = vec4f();
  var block_intercept = vec4f();
  for (var rank = HIDDEN_0; rank > 0u; rank--) {
    let place = first_line + rank * N_UPPER_QUADS * 2u;
    lines[place] = slope + block_slope;
    lines[place + 1u] = intercept + block_intercept;
    let weight = sh_weights[rank - 1u];
    let weights = select(1.0, derivative_before, weight >= 0.0) * column_above(rows, sh_units[rank - 1u]);
    block_slope = fma(weights, vec4f(weight), block_slope);
    block_intercept = fma(weights, vec4f(sh_biases[rank - 1u]), block_intercept);
    if ((rank - 1u) % BLOCK_UNITS == 0u) {
      slope += block_slope;
      intercept += block_intercept;
      block_slope = vec4f();
      block_intercept = vec4f();
    }
  }
  lines[first_line] = slope;
  lines[first_line + 1u] = intercept;

  slope = vec4f();
  intercept = vec4f();
  for (var rank = 0u; rank < HIDDEN_0; rank++) {
    let weight = sh_weights[rank];
    let weights = select(derivative_before, 1.0, weight >= 0.0) * column_above(rows, sh_units[rank]);
    block_slope = fma(weights, vec4f(weight), block_slope);
    block_intercept = fma(weights, vec4f(sh_biases[rank]), block_intercept);
    let place = first_line + (rank + 1u) * N_UPPER_QUADS * 2u;
    lines[place] += slope + block_slope;
    lines[place + 1u] += intercept + block_intercept;
    if ((rank + 1u) % BLOCK_UNITS == 0u) {
      slope += block_slope;
      intercept += block_intercept;
      block_slope = vec4f();
      block_intercept = vec4f();
    }
  }
}

// The weights of a lower unit in four upper ones.
fn column_above(rows: vec4u, unit: u32) -> vec4f {
  return vec4f(parameters[rows.x + unit], parameters[rows.y + unit], parameters[rows.z + unit], parameters[rows.w + unit]);
}

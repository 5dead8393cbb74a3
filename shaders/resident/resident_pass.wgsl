// Takes a tile of rows through a list of operations: the bijectors of a flow forward, inverted or backward, with their
// nets, and the density of the base. A workgroup owns 4 ROW_QUADS rows; all that it knows of them are the units of
// `tile`, each a vec4f for four rows.
// ops [n_ops]; parameters as in the model; packed: the nets' weights from resident_pack; state [n_dim, n_quads] and
// log_det [n_quads], in place; context [n_context, n_quads]; factors [pairs of quads, n_slots, 2]: what the backward
// operations and the weights' gradients need; slot 0 holds 1; checkpoints [*, n_dim + 1, n_quads]: state and log_det
// between bijectors. Units 0 .. n_dim - 1 are the state, then log_det, then the context.
// With KEEP the pass is a part of a training step: it begins with the state, or with RESUME at the checkpoint `resume`;
// after the forward operations the state's units become its gradient, which with D_STATE ends in d_state [n_dim,
// n_quads]. With RESTORE the state that it began with goes to state. n_valid_rows rows have the gradient d_log_det of
// their log_det, the padding after them has none.
// With SCORE log_prob[score_start + r] = +-log_det of the valid rows, to which the operations added the density; then
// log_det is not written. latent [n_dim, n_quads].
// A sum over units is split over the invocations that have no outputs of their own, and its parts are added in order.
// docs/derivations.md, eq. (7), (8), (10) to (13), (16) to (21), (45), (46), (50), (51), (53) to (55), (58) to (68), (91) to (94)
#include "shared/activation.wgsl"
#include "shared/scale_map.wgsl"
#if TRIANGLES
#include "shared/resident_solve.wgsl"
#include "shared/triangles.wgsl"
#endif
#if SPLINES
#include "shared/resident_spline.wgsl"
#endif
#if DOMAINS
#include "shared/resident_domain.wgsl"
#endif
#include "shared/resident_dense.wgsl"
#if SAMPLE
#include "shared/resident_draw.wgsl"
#endif
#if NORMAL
#include "shared/resident_normal.wgsl"
#endif
#if STUDENT_T
#include "shared/resident_student_t.wgsl"
#endif
#if MIXTURE
#include "shared/resident_mixture.wgsl"
#endif
#if UNIFORM
#include "shared/resident_uniform.wgsl"
#endif

const NONE: u32 = 0xffffffffu;
const STEP_TIMES_SLOPE: u32 = 1u;
const STEP_ADD: u32 = 2u;
const STEP_ACTIVATE: u32 = 4u;
const STEP_KEEP_SLOPE: u32 = 8u;
const STEP_KEEP: u32 = 16u;
const STEP_AT_VALUE: u32 = 32u;
const INVERTED: u32 = 1u;
const SHIFT_FIRST: u32 = 2u;

struct Params {
  n_ops: u32,
  n_quads: u32,
  n_valid_rows: u32,
  n_slots: u32,
  n_dim: u32,
  n_context: u32,
  accumulate: u32,
  d_log_det: f32,
  score_start: u32,
  score_sign: f32,
  resume: u32,
  row_start_lo: u32,
  row_start_hi: u32,
  seed_lo: u32,
  seed_hi: u32,
  stream: u32,
  temperature: f32,
  n_rounds: u32,
}

// Units `to` .. `to` + `count` - 1 receive the results of units from `source` on.
struct Op {
  kind: u32,
  to: u32,
  count: u32,
  source: u32,
  inputs: u32,
  tensor: u32,
  bias: u32,
  aux: u32,
  slot: u32,
  slope: u32,
  option: u32,
  number: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ops: array<Op>;
@group(0) @binding(2) var<storage, read> parameters: array<f32>;
@group(0) @binding(3) var<storage, read> packed: array<vec4f>;
#if STATE
@group(0) @binding(4) var<storage, read_write> state: array<vec4f>;
#endif
#if LOG_DET
@group(0) @binding(5) var<storage, read_write> log_det: array<vec4f>;
#endif
#if CONTEXT
@group(0) @binding(6) var<storage, read> context: array<vec4f>;
#endif
#if D_STATE
@group(0) @binding(7) var<storage, read_write> d_state: array<vec4f>;
#endif
#if KEEP
@group(0) @binding(8) var<storage, read_write> factors: array<vec4f>;
#endif
#if CHECKPOINTS
@group(0) @binding(9) var<storage, read_write> checkpoints: array<vec4f>;
#endif
#if SCORE
@group(0) @binding(10) var<storage, read_write> log_prob: array<f32>;
#endif
#if LATENT
@group(0) @binding(11) var<storage, read_write> latent: array<vec4f>;
#endif

var<workgroup> tile: array<vec4f, N_UNITS * ROW_QUADS>;
// Parts of sums over units.
var<workgroup> parts: array<vec4f, N_PARTS>;

const LANES: u32 = GROUP / ROW_QUADS;

var<private> group_index: u32;

@compute @workgroup_size(GROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  group_index = group.y * n_groups.x + group.x;
  let first_quad = group_index * ROW_QUADS;
  load(first_quad, local);
  workgroupBarrier();
  for (var index = 0u; index < params.n_ops; index++) {
    let op = ops[index];
    switch op.kind {
      case OP_DENSE: { dense(op, local); }
      case OP_ADD_UNITS: { add_units(op, local); }
      case OP_ADD_TENSOR: { add_tensor(op, local); }
#if TRIANGLES
      case OP_SOLVE_UPPER: { solve_upper(op, local); }
      case OP_SOLVE_LOWER: { solve_lower(op, local); }
#endif
#if SAMPLE
      case OP_DRAW: { draw(op, local); }
#endif
#if LATENT
      case OP_LATENT: { store_latent(first_quad, local); }
#endif
#if CHECKPOINTS
      case OP_CHECKPOINT: { store_checkpoint(op.slot, first_quad, local); }
#endif
#if D_STATE
      case OP_GRADIENT: { load_gradient(first_quad, local); }
#endif
#if SCORE
      case OP_LOG_DENSITY: { log_density(op, local); }
#endif
#if LOSS
      case OP_LOG_DENSITY_BACKWARD: { log_density_backward(op, local); }
#endif
      default: {
        for (var i = local; i < op.count * ROW_QUADS; i += GROUP) {
          one_unit(op, i / ROW_QUADS, i % ROW_QUADS);
        }
      }
    }
    workgroupBarrier();
#if KEEP
    // Another invocation may read the factors.
    storageBarrier();
#endif
  }
  store(first_quad, local);
}

// Invocations past the last row take it along, and store nothing.
fn load(first_quad: u32, local: u32) {
#if RESUME
  for (var i = local; i < (params.n_dim + 1u) * ROW_QUADS; i += GROUP) {
    let quad = min(first_quad + i % ROW_QUADS, params.n_quads - 1u);
    tile[i] = checkpoints[checkpoint_place(params.resume, i / ROW_QUADS, quad)];
#if RESTORE
    if (i < params.n_dim * ROW_QUADS && first_quad + i % ROW_QUADS < params.n_quads) {
      state[(i / ROW_QUADS) * params.n_quads + quad] = tile[i];
    }
#endif
  }
#else
  for (var i = local; i < params.n_dim * ROW_QUADS; i += GROUP) {
    let quad = min(first_quad + i % ROW_QUADS, params.n_quads - 1u);
    tile[i] = state[(i / ROW_QUADS) * params.n_quads + quad];
  }
  if (local < ROW_QUADS) {
    var before = vec4f();
#if LOG_DET
    let quad = min(first_quad + local, params.n_quads - 1u);
    before = select(before, log_det[quad], params.accumulate == 1u);
#endif
    tile[params.n_dim * ROW_QUADS + local] = before;
  }
#endif
#if KEEP
  // The input of every bias.
  if (local < ROW_QUADS) {
    factors[factor_place(0u, local)] = vec4f(1.0);
  }
#endif
#if CONTEXT
  for (var i = local; i < params.n_context * ROW_QUADS; i += GROUP) {
    let quad = min(first_quad + i % ROW_QUADS, params.n_quads - 1u);
    tile[(params.n_dim + 1u) * ROW_QUADS + i] = context[(i / ROW_QUADS) * params.n_quads + quad];
  }
#endif
}

fn store(first_quad: u32, local: u32) {
  for (var i = local; i < params.n_dim * ROW_QUADS; i += GROUP) {
    let quad = first_quad + i % ROW_QUADS;
    if (quad < params.n_quads) {
#if D_STATE
      d_state[(i / ROW_QUADS) * params.n_quads + quad] = tile[i];
#endif
#if !KEEP
      state[(i / ROW_QUADS) * params.n_quads + quad] = tile[i];
#endif
    }
  }
#if SCORE
  for (var r = local; r < 4u * ROW_QUADS; r += GROUP) {
    let row = 4u * first_quad + r;
    if (row < params.n_valid_rows) {
      let value = tile[params.n_dim * ROW_QUADS + r / 4u][r % 4u];
      log_prob[params.score_start + row] = select(value, -value, params.score_sign < 0.0);
    }
  }
#else
#if LOG_DET
  if (local < ROW_QUADS && first_quad + local < params.n_quads) {
    log_det[first_quad + local] = tile[params.n_dim * ROW_QUADS + local];
  }
#endif
#endif
}

#if CHECKPOINTS
fn checkpoint_place(checkpoint: u32, unit: u32, quad: u32) -> u32 {
  return (checkpoint * (params.n_dim + 1u) + unit) * params.n_quads + quad;
}

fn store_checkpoint(checkpoint: u32, first_quad: u32, local: u32) {
  for (var i = local; i < (params.n_dim + 1u) * ROW_QUADS; i += GROUP) {
    let quad = first_quad + i % ROW_QUADS;
    if (quad < params.n_quads) {
      checkpoints[checkpoint_place(checkpoint, i / ROW_QUADS, quad)] = tile[i];
    }
  }
}
#endif

#if D_STATE
// The gradient of the state from the next bijector.
fn load_gradient(first_quad: u32, local: u32) {
  for (var i = local; i < params.n_dim * ROW_QUADS; i += GROUP) {
    let quad = first_quad + i % ROW_QUADS;
    let place = (i / ROW_QUADS) * params.n_quads + min(quad, params.n_quads - 1u);
    tile[i] = select(vec4f(), d_state[place], quad < params.n_quads);
  }
}
#endif

#if LATENT
fn store_latent(first_quad: u32, local: u32) {
  for (var i = local; i < params.n_dim * ROW_QUADS; i += GROUP) {
    let quad = first_quad + i % ROW_QUADS;
    if (quad < params.n_quads) {
      latent[(i / ROW_QUADS) * params.n_quads + quad] = tile[i];
    }
  }
}
#endif

#if SCORE
// log_det += the log-density of a quad's rows, or -= if inverted.
fn add_log_density(op: Op, quad: u32, value: vec4f) {
  let inverted = (op.option & INVERTED) != 0u;
  tile[params.n_dim * ROW_QUADS + quad] += select(value, -value, inverted);
}
#endif

#if KEEP
fn factor_place(slot: u32, quad: u32) -> u32 {
  let quad_of_all = group_index * ROW_QUADS + quad;
  return ((quad_of_all / 2u) * params.n_slots + slot) * 2u + quad_of_all % 2u;
}

// The gradient of the log-det of each row of a quad of the tile.
fn d_log_det_of(quad: u32) -> vec4f {
  let first_row = 4u * (group_index * ROW_QUADS + quad);
  return select(vec4f(), vec4f(params.d_log_det), first_row + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n_valid_rows));
}
#endif

// log_det += number * sum of units from `source` on. One invocation for each quad, in ascending order.
fn add_units(op: Op, local: u32) {
  if (local < ROW_QUADS) {
    var sum = vec4f();
    for (var i = 0u; i < op.count; i++) {
      sum += tile[(op.source + i) * ROW_QUADS + local];
    }
    tile[params.n_dim * ROW_QUADS + local] += op.number * sum;
  }
}

// log_det += number * sum of a tensor's elements, or of their logarithms.
fn add_tensor(op: Op, local: u32) {
  if (local < ROW_QUADS) {
    var sum = 0.0;
    for (var i = 0u; i < op.count; i++) {
      let value = parameters[op.tensor + i];
      sum += select(value, log_accurate(value), op.option == 1u);
    }
    tile[params.n_dim * ROW_QUADS + local] += op.number * sum;
  }
}

// One unit of one quad.
fn one_unit(op: Op, unit: u32, quad: u32) {
  let to = (op.to + unit) * ROW_QUADS + quad;
  let source = (op.source + unit) * ROW_QUADS + quad;
  let aux = (op.aux + unit) * ROW_QUADS + quad;
  let inverted = (op.option & INVERTED) != 0u;
  switch op.kind {
    case OP_COPY: {
      tile[to] = tile[source];
    }
    case OP_PARAMETERS: {
      tile[to] = vec4f(parameters[op.tensor + unit]);
    }
#if KEEP
    case OP_KEEP: {
      factors[factor_place(op.slot + unit, quad)] = tile[source];
    }
    case OP_RECALL: {
      tile[to] = factors[factor_place(op.slot + unit, quad)];
    }
#endif
    case OP_ACTIVATE: {
      let activated = activate(tile[source]);
      tile[to] = activated.value;
#if KEEP
      if ((op.option & STEP_KEEP_SLOPE) != 0u) {
        factors[factor_place(op.slope + unit, quad)] = activated.derivative;
      }
      if ((op.option & STEP_KEEP) != 0u) {
        factors[factor_place(op.slot + unit, quad)] = activated.value;
      }
#endif
    }
    // x2 at `to`; a at `source`, which receives s, and t at `aux`. With slots it keeps the scaled x2, and a.
    case OP_AFFINE: {
      let a = tile[source];
      let s = log_scale_of_quad(a, op.number).value;
      let t = tile[aux];
      if ((op.option & SHIFT_FIRST) != 0u) {
        tile[to] = select((tile[to] + t) * exp(s), tile[to] * exp(-s) - t, inverted);
      } else {
        tile[to] = select(tile[to] * exp(s) + t, (tile[to] - t) * exp(-s), inverted);
      }
      tile[source] = s;
#if KEEP
      if (op.slot != 0u) {
        let shift_first = (op.option & SHIFT_FIRST) != 0u;
        factors[factor_place(op.slot + unit, quad)] = select(tile[to] - t, tile[to], shift_first);
        factors[factor_place(op.slot + op.count + unit, quad)] = a;
      }
#endif
    }
#if SPLINES
    case OP_SPLINE: { map_spline(op, unit, quad); }
#if KEEP
    case OP_SPLINE_BACKWARD: { map_spline_backward(op, unit, quad); }
#endif
#endif
#if DOMAINS
    case OP_DOMAIN: { map_domain(op, unit, quad); }
#endif
    // x2 at `to`, t at `source`.
    case OP_SHIFT: {
      tile[to] += op.number * tile[source];
    }
    case OP_STANDARDIZE: {
      let mean = parameters[op.tensor + unit];
      let deviation = parameters[op.bias + unit];
      tile[to] = select((tile[to] - mean) / deviation, tile[to] * deviation + mean, inverted);
    }
    case OP_SCALE: {
      let log_scale = parameters[op.tensor + unit];
      var bias = 0.0;
      if (op.bias != NONE) {
        bias = parameters[op.bias + unit];
      }
      tile[to] = select((tile[to] + bias) * exp(log_scale), tile[to] * exp(-log_scale) - bias, inverted);
#if KEEP
      if (op.slot != 0u) {
        factors[factor_place(op.slot + unit, quad)] = tile[to];
      }
#endif
    }
    // to[j] = sign[j] source[permutation[j]], or to[permutation[j]] = sign[j] source[j].
    case OP_PERMUTE: {
      let other = u32(parameters[op.tensor + unit]);
      var sign = 1.0;
      if (op.bias != NONE) {
        sign = parameters[op.bias + unit];
      }
      if (inverted) {
        tile[(op.to + other) * ROW_QUADS + quad] = sign * tile[source];
      } else {
        tile[to] = sign * tile[(op.source + other) * ROW_QUADS + quad];
      }
    }
#if KEEP
    // Keeps d_y[i] x[i] exp(log_diagonal[i]) + d_log_det, with d_y at `source` and x from the slot `slope` on.
    case OP_DIAGONAL_FACTORS: {
      let x = factors[factor_place(op.slope + unit, quad)];
      let factor = tile[source] * x * exp(parameters[op.tensor + unit]);
      factors[factor_place(op.slot + unit, quad)] = factor + d_log_det_of(quad);
    }
    // d_z2 -> d_x2 at `to`; the gradients of a and t go to `source` and `aux`, and to the slots of the scaled x2 and a.
    case OP_AFFINE_BACKWARD: {
      let scaled_place = factor_place(op.slot + unit, quad);
      let a_place = factor_place(op.slot + op.count + unit, quad);
      let s = log_scale_of_quad(factors[a_place], op.number);
      let d_z = tile[to];
      let d_x = d_z * exp(s.value);
      let d_a = (d_z * factors[scaled_place] + d_log_det_of(quad)) * s.derivative;
      let d_t = select(d_z, d_x, (op.option & SHIFT_FIRST) != 0u);
      tile[to] = d_x;
      tile[source] = d_a;
      tile[aux] = d_t;
      factors[scaled_place] = d_a;
      factors[a_place] = d_t;
    }
    // d_z -> d_x; d_z z + d_log_det for the log-scale replaces z in its slot, and d_x for the bias comes after.
    case OP_SCALE_BACKWARD: {
      let place = factor_place(op.slot + unit, quad);
      let d_z = tile[to];
      let d_x = d_z * exp(parameters[op.tensor + unit]);
      tile[to] = d_x;
      factors[place] = d_z * factors[place] + d_log_det_of(quad);
      if (op.bias != NONE) {
        factors[factor_place(op.slot + op.count + unit, quad)] = d_x;
      }
    }
#endif
    default: {}
  }
}

// state[:, r] = (point - mean) / std, a fresh point of a toy density for index first + row_start + r.
// step_state [1]: the step; step_cursor [ring_size, 2]: first as (high, low) words by step mod ring_size; state [2, n_rows];
// with CLASSES, context [n_classes, n_rows]: the component of the point, one-hot.
// One invocation draws one point from four words: word 0 picks the component, words 1 and 2 or 2 and 3 the rest;
// words 2 and 3 are Philox of counter (0, index low, index high, stream), key (seed_lo, seed_hi).
// docs/derivations.md, eq. (34) to (41); src/data/toyDensities.ts has the formulas, in the same order
#include "shared/grid.wgsl"
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"
#include "shared/spread.wgsl"

override SHAPE: u32 = 0u;

const PI: f32 = 3.141592653589793;

struct Params {
  n_rows: u32,
  row_start: u32,
  seed_lo: u32,
  seed_hi: u32,
  stream: u32,
  ring_size: u32,
  noise: f32,
  mean_x: f32,
  mean_y: f32,
  std_x: f32,
  std_y: f32,
  n_classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step_state: array<u32>;
@group(0) @binding(2) var<storage, read> step_cursor: array<u32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;
#if CLASSES
@group(0) @binding(4) var<storage, read_write> context: array<f32>;
#endif

// The point on the curve, or the centre, to which the noise is added.
fn centre_of(words: vec4u) -> vec2f {
  switch SHAPE {
    case SHAPE_CIRCLES: {
      let radius = select(1.0, 0.5, choice_of(words.x, 2u) == 1u);
      return radius * cos_sin_turns(signed_uniform(words.y));
    }
    case SHAPE_8GAUSSIANS: {
      return 2.0 * cos_sin_turns(f32(choice_of(words.x, 8u)) / 8.0);
    }
    case SHAPE_SPIRALS: {
      let s = sqrt(uniform_of(words.y));
      let side = select(1.0, -1.0, choice_of(words.x, 2u) == 1u);
      return side * PI * s * cos_sin_turns(1.5 * s);
    }
    default: {
      let arc = cos_sin_turns(0.5 * uniform_of(words.y));
      return select(arc, vec2f(1.0, 0.5) - arc, choice_of(words.x, 2u) == 1u);
    }
  }
}

fn pinwheel(words: vec4u) -> vec2f {
  let spoke = vec2f(1.0, 0.0) + vec2f(0.3, params.noise) * normal_pair(words.zw);
  let arm = f32(choice_of(words.x, 5u)) / 5.0;
  let turn = cos_sin_turns(arm + 0.25 * exp(length(spoke)) / (2.0 * PI));
  return vec2f(turn.x * spoke.x - turn.y * spoke.y, turn.y * spoke.x + turn.x * spoke.y);
}

fn banana(words: vec4u) -> vec2f {
  let n = normal_pair(words.zw);
  return vec2f(n.x, n.x * n.x + params.noise * n.y);
}

fn checkerboard(words: vec4u) -> vec2f {
  let square = choice_of(words.x, 8u);
  let row = square >> 1u;
  let column = 2u * (square & 1u) + (row & 1u);
  let place = vec2f(uniform_of(words.y), uniform_of(words.z));
  return 2.0 * (vec2f(vec2u(column, row)) + place) - 4.0;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let r = linear_index(group, n_groups, local);
  if (r >= params.n_rows) {
    return;
  }
  let slot = step_state[0] % params.ring_size;
  let first = vec2u(step_cursor[2u * slot + 1u], step_cursor[2u * slot]);
  let index = add_to_row(add_to_row(first, params.row_start), r);
  let key = vec2u(params.seed_lo, params.seed_hi);
  let random = philox(vec4u(0u, index.x, index.y, params.stream), key);
  let words = vec4u(spread_words(index.x, params.stream, key), random.zw);

  var point: vec2f;
  switch SHAPE {
    case SHAPE_PINWHEEL: {
      point = pinwheel(words);
    }
    case SHAPE_CHECKERBOARD: {
      point = checkerboard(words);
    }
    case SHAPE_BANANA: {
      point = banana(words);
    }
    default: {
      point = centre_of(words) + params.noise * normal_pair(words.zw);
    }
  }
  let z = (point - vec2f(params.mean_x, params.mean_y)) / vec2f(params.std_x, params.std_y);
  state[r] = z.x;
  state[params.n_rows + r] = z.y;
#if CLASSES
  let component = choice_of(words.x, params.n_classes);
  for (var c = 0u; c < params.n_classes; c++) {
    context[c * params.n_rows + r] = select(0.0, 1.0, c == component);
  }
#endif
}

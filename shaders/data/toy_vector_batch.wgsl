// state[:, r] = (point - mean) / std, a fresh point of a toy density with more than two features, for index first +
// row_start + r: a chain of normals, y_j = rho y_(j-1) + sqrt(1 - rho^2) n_j, about a centre or through maps.
// step_state [1]: the step; step_cursor [ring_size, 2]: first as (high, low) words by step mod ring_size; state
// [n_features, n_rows]. One invocation draws one point, feature by feature, with four normals per block of words.
// docs/derivations.md, eq. (34) to (36), (40), (41), (110) to (114); src/data/toyVectors.ts has the formulas
#include "shared/grid.wgsl"
#include "shared/philox.wgsl"
#include "shared/normal.wgsl"
#include "shared/spread.wgsl"

override SHAPE: u32 = 0u;

// spread_words uses the blocks before it.
const FIRST_BLOCK: u32 = 2u;

const COMPONENTS: u32 = 5u;
const LARGEST_RHO: f32 = 0.8;
const WARPED_RHO: f32 = 0.6;

struct Params {
  n_rows: u32,
  n_features: u32,
  row_start: u32,
  seed_lo: u32,
  seed_hi: u32,
  stream: u32,
  ring_size: u32,
  noise: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> step_state: array<u32>;
@group(0) @binding(2) var<storage, read> step_cursor: array<u32>;
@group(0) @binding(3) var<storage, read_write> state: array<f32>;

// Feature j of component k, for the chain's y; a pair of features moves on a circle at one of four speeds.
fn blurred_centre(j: u32, k: u32, y: f32) -> f32 {
  let speed = 1u + ((j >> 1u) & 3u);
  let centre = cos_sin_turns(f32((speed * k) % COMPONENTS) / f32(COMPONENTS));
  let value = select(centre.x, centre.y, (j & 1u) == 1u) + params.noise * y;
  return value / sqrt(0.5 + params.noise * params.noise);
}

fn warped(j: u32, y: f32) -> f32 {
  switch j & 3u {
    case 1u: {
      return 0.5 * (exp(y) - exp(-y)) / STD_SINH;
    }
    case 2u: {
      return (exp(y) - MEAN_EXP) / STD_EXP;
    }
    case 3u: {
      let t = 3.0 * abs(y);
      return sign(y) * log_accurate(t + sqrt(t * t + 1.0)) / STD_ASINH;
    }
    default: {
      return y;
    }
  }
}

// Moments of sinh, exp and asinh(3 y) of a standard normal.
const STD_SINH: f32 = 1.787324271;
const MEAN_EXP: f32 = 1.648721271;
const STD_EXP: f32 = 2.161197416;
const STD_ASINH: f32 = 1.565208561;

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
  let k = choice_of(spread_words(index.x, params.stream, key).x, COMPONENTS);
  let mixture_rho = LARGEST_RHO * cos_sin_turns(f32(k) / f32(COMPONENTS)).x;
  let rho = select(mixture_rho, WARPED_RHO, SHAPE == SHAPE_WARPED8);
  let innovation = sqrt(1.0 - rho * rho);
  var y = 0.0;
  for (var block = 0u; 4u * block < params.n_features; block++) {
    let words = philox(vec4u(FIRST_BLOCK + block, index.x, index.y, params.stream), key);
    let fresh = vec4f(normal_pair(words.xy), normal_pair(words.zw));
    for (var lane = 0u; lane < min(4u, params.n_features - 4u * block); lane++) {
      let j = 4u * block + lane;
      y = select(rho * y + innovation * fresh[lane], fresh[lane], j == 0u);
      let value = select(blurred_centre(j, k, y), warped(j, y), SHAPE == SHAPE_WARPED8);
      state[j * params.n_rows + r] = value;
    }
  }
}

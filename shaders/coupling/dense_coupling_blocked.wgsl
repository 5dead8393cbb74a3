// The last layer of a coupling's net with the coupling itself: [a | t] = W input + b, s = scale_map(a), and
// z2 = x2 exp(s) + t, or x2 = (z2 - t) exp(-s) with INVERSE, in place.
// parameters: W [2 n_transformed, n_inputs], b [2 n_transformed]; input [n_inputs, n_quads]; output [2 n_transformed,
// n_quads] receives [a | t]; state [*, n_quads] from feature transform_start; log_scale [tiles, n_quads] the sums of s
// over each tile of 32 features, for log_det_reduce; a quad is four rows. One invocation owns a and t of four
// features, and sums over i and then over the features in ascending order. docs/derivations.md, eq. (5) to (9), (12)
#if F16
enable f16;
#endif
#include "shared/scale_map.wgsl"
#include "shared/blocked_product.wgsl"
#include "shared/blocked_weights.wgsl"

struct Params {
  n_quads: u32,
  n_inputs: u32,
  n_transformed: u32,
  transform_start: u32,
  weight_offset: u32,
  bias_offset: u32,
  scale_bound: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<Stored>;
@group(0) @binding(2) var<storage, read> input: array<StoredQuad>;
@group(0) @binding(3) var<storage, read_write> state: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> log_scale: array<vec4f>;
#if STORE_OUTPUT
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;
#endif

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  // The first half of a block is a, the second half t of the same features.
  var sums = block_product(group, local, params.n_inputs);
  let first_quad = block_of(group, local).quad;
  let first_feature = 4u * (group.y * SIDE + local / SIDE);
  for (var q = 0u; q < ROW_QUADS; q++) {
    let quad = first_quad + SIDE * q;
    var sum = vec4f();
    for (var c = 0u; c < 4u && first_feature + c < params.n_transformed && quad < params.n_quads; c++) {
      sum += transform(first_feature + c, quad, sums[c * ROW_QUADS + q], sums[(4u + c) * ROW_QUADS + q]);
    }
    sh_right[(local / SIDE) * QUAD_STRIDE + local % SIDE + SIDE * q] = sum;
  }
  workgroupBarrier();
  for (var q = local; q < TILE_QUADS; q += BLOCKED_GROUP_SIZE) {
    let quad = group.x * TILE_QUADS + q;
    if (quad < params.n_quads) {
      var sum = vec4f();
      for (var side = 0u; side < SIDE; side++) {
        sum += sh_right[side * QUAD_STRIDE + q];
      }
      log_scale[group.y * params.n_quads + quad] = sum;
    }
  }
}

// Transforms one feature of a quad and returns its log-scale.
fn transform(j: u32, quad: u32, a_product: vec4f, t_product: vec4f) -> vec4f {
  let a = a_product + f32(parameters[params.bias_offset + j]);
  let t = t_product + f32(parameters[params.bias_offset + params.n_transformed + j]);
  var s: vec4f;
  for (var r = 0u; r < 4u; r++) {
    s[r] = log_scale_of(a[r], params.scale_bound).value;
  }
  let place = (params.transform_start + j) * params.n_quads + quad;
#if INVERSE
  state[place] = (state[place] - t) * exp(-s);
#else
  state[place] = state[place] * exp(s) + t;
#endif
#if STORE_OUTPUT
  output[j * params.n_quads + quad] = a;
  output[(params.n_transformed + j) * params.n_quads + quad] = t;
#endif
  return s;
}

fn outputs_of(slot: u32) -> vec4u {
  let first = 4u * ((slot / TILE_SLOTS) * SIDE + slot % SIDE);
  let features = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_transformed - 1u));
  return features + select(0u, params.n_transformed, slot % TILE_SLOTS >= SIDE);
}

fn right_quad(i: u32, quad: u32) -> vec4f {
  return vec4f(input[i * params.n_quads + min(quad, params.n_quads - 1u)]);
}

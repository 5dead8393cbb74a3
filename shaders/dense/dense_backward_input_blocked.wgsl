// d_input[i, r] = phi'[i, r] sum_o W[o, i] d_output[o, r], with phi' if HIDDEN; added to d_input with ADD:
// dense_backward_input for wide layers.
// parameters: W [n_outputs, weight_stride], of which the first n_inputs columns are used; d_output [*,
// n_quads] from feature output_start; derivative [n_inputs, n_quads] is phi' of the layer below; d_input [*,
// n_quads] from feature input_start; a quad is four rows. A workgroup owns a tile of inputs by quads, in
// workgroup memory. Each invocation keeps a block of it in registers and sums over o in ascending order:
// shared/blocked_product.wgsl. docs/derivations.md, eq. (21), (22), (81)
#if F16
enable f16;
#endif
#include "shared/blocked_product.wgsl"
#include "shared/stored.wgsl"

struct Params {
  n_quads: u32,
  n_inputs: u32,
  n_outputs: u32,
  weight_stride: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<Stored>;
@group(0) @binding(2) var<storage, read> d_output: array<vec4f>;
#if HIDDEN
@group(0) @binding(3) var<storage, read> derivative: array<StoredQuad>;
#endif
@group(0) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var sums = block_product(group, local, params.n_outputs);
  let block = block_of(group, local);
  for (var f = 0u; f < BLOCK_FEATURES && feature_of(block, f) < params.n_inputs; f++) {
    let i = feature_of(block, f);
    for (var q = 0u; q < ROW_QUADS && block.quad + SIDE * q < params.n_quads; q++) {
      let quad = block.quad + SIDE * q;
      let place = (params.input_start + i) * params.n_quads + quad;
#if HIDDEN
      let pulled = sums[f * ROW_QUADS + q] * vec4f(derivative[i * params.n_quads + quad]);
#else
      let pulled = sums[f * ROW_QUADS + q];
#endif
#if ADD
      d_input[place] += pulled;
#else
      d_input[place] = pulled;
#endif
    }
  }
}

fn staged_left(index: u32) -> vec2u {
  return vec2u(index / TILE_SLOTS, index % TILE_SLOTS);
}

fn left_quad(slot: u32, o: u32) -> vec4f {
  let inputs = min(4u * slot + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_inputs - 1u));
  let at = params.weight_offset + o * params.weight_stride + inputs;
  return vec4f(StoredQuad(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]));
}

fn staged_right(index: u32) -> vec2u {
  return vec2u(index / TILE_QUADS, index % TILE_QUADS);
}

fn right_quad(o: u32, quad: u32) -> vec4f {
  return d_output[(params.output_start + o) * params.n_quads + min(quad, params.n_quads - 1u)];
}

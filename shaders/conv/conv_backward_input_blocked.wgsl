// d_input[c, p, r] = phi'[c, p, r] sum_o sum_t W[o, 9 c + t] d_output[o, p - t, r], with phi' if HIDDEN; added to d_input
// with ADD: conv_backward_input for wide layers. Tensors and parity as there.
// A workgroup owns a tile of channels by quads of pixels and rows, in workgroup memory; each invocation keeps a block of it in
// registers and sums over o, then t in ascending order: shared/blocked_product.wgsl. docs/derivations.md, eq. (164)
#include "shared/blocked_product.wgsl"
#include "shared/conv_taps.wgsl"

struct Params {
  n_quads: u32,
  n_channels: u32,
  n_outputs: u32,
  n_columns: u32,
  height: u32,
  width: u32,
  parity: u32,
  input_start: u32,
  output_start: u32,
  weight_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> d_output: array<vec4f>;
#if HIDDEN
@group(0) @binding(3) var<storage, read> derivative: array<vec4f>;
#endif
@group(0) @binding(4) var<storage, read_write> d_input: array<vec4f>;

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var sums = block_product(group, local, 9u * params.n_outputs);
  let block = block_of(group, local);
  let n_quads = params.height * params.width * params.n_quads;
  for (var f = 0u; f < BLOCK_FEATURES && feature_of(block, f) < params.n_channels; f++) {
    let c = feature_of(block, f);
    for (var q = 0u; q < ROW_QUADS && block.quad + SIDE * q < n_quads; q++) {
      let quad = block.quad + SIDE * q;
      let place = (params.input_start + c) * n_quads + quad;
#if HIDDEN
      let through = sums[f * ROW_QUADS + q] * derivative[c * n_quads + quad];
#else
      let through = sums[f * ROW_QUADS + q];
#endif
      let pulled = select(through, vec4f(), is_hidden(quad / params.n_quads));
#if ADD
      d_input[place] += pulled;
#else
      d_input[place] = pulled;
#endif
    }
  }
}

fn staged_left(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn left_quad(slot: u32, k: u32) -> vec4f {
  let channels = min(4u * slot + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_channels - 1u));
  let at = params.weight_offset + (k / 9u) * params.n_columns + 9u * channels + k % 9u;
  return vec4f(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]);
}

fn staged_right(index: u32) -> vec2u {
  return vec2u(index / TILE_QUADS, index % TILE_QUADS);
}

// A gradient arrives from the pixels that read this one, so the taps are in reverse order.
fn right_quad(k: u32, image_quad: u32) -> vec4f {
  let n_pixels = params.height * params.width;
  let pixel = tap_pixel(min(image_quad / params.n_quads, n_pixels - 1u), 8u - k % 9u);
  if (pixel == NO_PIXEL) {
    return vec4f();
  }
  let channel = params.output_start + k / 9u;
  return d_output[(channel * n_pixels + pixel) * params.n_quads + image_quad % params.n_quads];
}

// output[o, p, r] = phi(sum_c sum_t W[o, 9 c + t] input[c, p + t, r] + sum_k W[o, 9 C + k] context[k, r] + b[o]): conv_forward
// for wide layers. Tensors, ADD and parity as there.
// A workgroup owns a tile of outputs by quads of pixels and rows, in workgroup memory: the factors are W and the columns
// input[c, p + t, r], which are read from the images and never stored. Each invocation keeps a block of the tile in
// registers and sums over the columns in ascending order: shared/blocked_product.wgsl. docs/derivations.md, eq. (163)
#include "shared/activation.wgsl"
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
  bias_offset: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
#if CONTEXT
@group(0) @binding(3) var<storage, read> context: array<vec4f>;
#endif
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;
#if STORE_DERIVATIVE
@group(0) @binding(5) var<storage, read_write> derivative: array<vec4f>;
#endif

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  var sums = block_product(group, local, params.n_columns);
  let block = block_of(group, local);
  let n_quads = params.height * params.width * params.n_quads;
  for (var f = 0u; f < BLOCK_FEATURES && feature_of(block, f) < params.n_outputs; f++) {
    let o = feature_of(block, f);
    let bias = parameters[params.bias_offset + o];
    for (var q = 0u; q < ROW_QUADS && block.quad + SIDE * q < n_quads; q++) {
      let place = (params.output_start + o) * n_quads + block.quad + SIDE * q;
      var sum = sums[f * ROW_QUADS + q] + bias;
#if ADD
      sum += output[place];
#endif
      let activated = activate(sum);
      output[place] = activated.value;
#if STORE_DERIVATIVE
      derivative[place] = activated.derivative;
#endif
    }
  }
}

fn staged_left(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn left_quad(slot: u32, k: u32) -> vec4f {
  let outputs = min(4u * slot + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  let at = params.weight_offset + outputs * params.n_columns + k;
  return vec4f(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]);
}

fn staged_right(index: u32) -> vec2u {
  return vec2u(index / TILE_QUADS, index % TILE_QUADS);
}

fn right_quad(k: u32, image_quad: u32) -> vec4f {
  let n_pixels = params.height * params.width;
  let quad = image_quad % params.n_quads;
#if CONTEXT
  if (k >= 9u * params.n_channels) {
    return context[(k - 9u * params.n_channels) * params.n_quads + quad];
  }
#endif
  let pixel = tap_pixel(min(image_quad / params.n_quads, n_pixels - 1u), k % 9u);
  if (pixel == NO_PIXEL || is_hidden(pixel)) {
    return vec4f();
  }
  return input[((params.input_start + k / 9u) * n_pixels + pixel) * params.n_quads + quad];
}

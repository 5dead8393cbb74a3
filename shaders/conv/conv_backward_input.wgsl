// d_input[c, p, r] = phi'[c, p, r] sum_o sum_t W[o, 9 c + t] d_output[o, p - t, r], the gradient of conv_forward's input,
// with phi' if HIDDEN; added to d_input with ADD.
// parameters: W [n_outputs, n_columns]; d_output [*, height, width, n_quads] from channel output_start; derivative
// [n_channels, height, width, n_quads] is phi' of the layer below; d_input [*, height, width, n_quads] from channel
// input_start; a quad is four rows. If parity is below 2, input pixels with another (row + column) mod 2 have no gradient.
// One invocation computes four channels of four pixels of one quad, and sums over o, then the taps backwards:
// shared/conv_strip.wgsl. docs/derivations.md, eq. (164)
#include "shared/conv_strip.wgsl"

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

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let strip = strip_of(linear_index(group, n_groups, local));
  if (strip.first_feature >= params.n_channels) {
    return;
  }
  let sums = strip_sums(strip, params.n_outputs);
#unroll f 4
#unroll i 4
  store(strip.first_feature + $f, strip, $i, sums[4 * $f + $i]);
#end
#end
}

fn store(c: u32, strip: Strip, i: u32, sum: vec4f) {
  let column = strip.column + i;
  if (c >= params.n_channels || column >= params.width) {
    return;
  }
  let pixel = strip.row * params.width + column;
  let n_pixels = params.height * params.width;
  let place = ((params.input_start + c) * n_pixels + pixel) * params.n_quads + strip.quad;
#if HIDDEN
  let through = sum * derivative[(c * n_pixels + pixel) * params.n_quads + strip.quad];
#else
  let through = sum;
#endif
  let pulled = select(through, vec4f(), (strip.row + column) % 2u == 1u - params.parity);
#if ADD
  d_input[place] += pulled;
#else
  d_input[place] = pulled;
#endif
}

fn source_quad(quad: u32, o: u32, row: u32, column: u32) -> vec4f {
  let image_row = (params.output_start + o) * params.height + row;
  return d_output[(image_row * params.width + column) * params.n_quads + quad];
}

// A gradient arrives from the pixels that read this one, so the taps are in reverse order.
fn weight_row(feature: u32, o: u32, tap_row: u32) -> vec3f {
  let c = min(feature, params.n_channels - 1u);
  let at = params.weight_offset + o * params.n_columns + 9u * c + 3u * (2u - tap_row);
  return vec3f(parameters[at + 2u], parameters[at + 1u], parameters[at]);
}

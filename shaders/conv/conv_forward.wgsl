// output[o, p, r] = phi(sum_c sum_t W[o, 9 c + t] input[c, p + t, r] + sum_k W[o, 9 C + k] context[k, r] + b[o]), a 3 by 3
// convolution of images with zeros around them, C = n_channels; t goes over the taps by rows, from -1 to 1 in each.
// parameters: W [n_outputs, n_columns], b [n_outputs]; input [*, height, width, n_quads] from channel input_start; context
// [n_columns - 9 C, n_quads]; output, derivative [*, height, width, n_quads] from channel output_start, derivative = phi' at
// the same place; a quad is four rows. With ADD, phi is applied to the sum plus the previous output. If parity is below 2,
// input pixels with another (row + column) mod 2 count as zeros. One invocation computes four outputs of four pixels of
// one quad, and sums over c, t, k in ascending order: shared/conv_strip.wgsl. docs/derivations.md, eq. (163)
#include "shared/activation.wgsl"
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

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let strip = strip_of(linear_index(group, n_groups, local));
  if (strip.first_feature >= params.n_outputs) {
    return;
  }
  let sums = strip_sums(strip, params.n_channels);
#unroll f 4
  if (strip.first_feature + $f < params.n_outputs) {
    let o = strip.first_feature + $f;
    let same = same_for_all_pixels(o, strip.quad);
#unroll i 4
    store(o, strip, $i, sums[4 * $f + $i] + same);
#end
  }
#end
}

// The bias, and the context's part of the sum.
fn same_for_all_pixels(o: u32, quad: u32) -> vec4f {
  var sum = vec4f(parameters[params.bias_offset + o]);
#if CONTEXT
  let first = 9u * params.n_channels;
  for (var k = 0u; k < params.n_columns - first; k++) {
    let weight = parameters[params.weight_offset + o * params.n_columns + first + k];
    sum += weight * context[k * params.n_quads + quad];
  }
#endif
  return sum;
}

fn store(o: u32, strip: Strip, i: u32, sum: vec4f) {
  let column = strip.column + i;
  if (column >= params.width) {
    return;
  }
  let row = (params.output_start + o) * params.height + strip.row;
  let place = (row * params.width + column) * params.n_quads + strip.quad;
#if ADD
  let activated = activate(sum + output[place]);
#else
  let activated = activate(sum);
#endif
  output[place] = activated.value;
#if STORE_DERIVATIVE
  derivative[place] = activated.derivative;
#endif
}

fn source_quad(quad: u32, c: u32, row: u32, column: u32) -> vec4f {
  if ((row + column) % 2u == 1u - params.parity) {
    return vec4f();
  }
  let image_row = (params.input_start + c) * params.height + row;
  return input[(image_row * params.width + column) * params.n_quads + quad];
}

fn weight_row(feature: u32, c: u32, tap_row: u32) -> vec3f {
  let o = min(feature, params.n_outputs - 1u);
  let at = params.weight_offset + o * params.n_columns + 9u * c + 3u * tap_row;
  return vec3f(parameters[at], parameters[at + 1u], parameters[at + 2u]);
}

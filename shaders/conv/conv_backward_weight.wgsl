// partials[s, o, 9 c + t] = sum over the quads of slice s of sum_p d_output[o, p, r] input[c, p + t, r], the gradient of
// conv_forward's weight; column 9 C + k sums d_output[o, p, r] context[k, r], and the last one, the bias, d_output alone.
// d_output [*, height, width, n_quads] from channel output_start; input [*, height, width, n_quads] from channel
// input_start; context [n_columns - 9 C, n_quads]; partials [n_slices, n_outputs, n_columns + 1]; a quad is four rows.
// If parity is below 2, input pixels with another (row + column) mod 2 count as zeros. One invocation owns two outputs and
// the taps of a channel, or nine of the last columns, in one slice, quads s, s + n_slices, ...; it sums over the quads, then
// the pixels in ascending order: no atomics, no barriers. dense_weight_reduce adds the slices. docs/derivations.md, eq. (165)
#include "shared/grid.wgsl"

const OUTPUT_BLOCK: u32 = 2u;

struct Params {
  n_quads: u32,
  n_channels: u32,
  n_outputs: u32,
  n_columns: u32,
  height: u32,
  width: u32,
  parity: u32,
  n_slices: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<vec4f>;
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
#if CONTEXT
@group(0) @binding(3) var<storage, read> context: array<vec4f>;
#endif
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) n_groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, n_groups, local);
  // Neighbouring invocations take neighbouring slices, so that they load neighbouring quads.
  let slice = index % params.n_slices;
  let n_others = params.n_columns - 9u * params.n_channels + 1u;
  let n_blocks = params.n_channels + (n_others + 8u) / 9u;
  let block = (index / params.n_slices) % n_blocks;
  let first_output = OUTPUT_BLOCK * (index / (params.n_slices * n_blocks));
  if (first_output >= params.n_outputs) {
    return;
  }
  if (block < params.n_channels) {
    sum_taps(slice, first_output, block);
  } else {
    sum_others(slice, first_output, 9u * block);
  }
}

// The gradient of output o at a pixel, for the second of the two the last output if there is only one.
fn gradient(o: u32, pixel: u32, quad: u32) -> vec4f {
  let channel = params.output_start + min(o, params.n_outputs - 1u);
  return d_output[(channel * params.height * params.width + pixel) * params.n_quads + quad];
}

// Rows and columns are counted from one, so that 0 is the one before the image.
fn padded_quad(quad: u32, c: u32, row: u32, column: u32) -> vec4f {
  let is_outside = row == 0u || row > params.height || column == 0u || column > params.width;
  if (is_outside || (row + column) % 2u == 1u - params.parity) {
    return vec4f();
  }
  let image_row = (params.input_start + c) * params.height + row - 1u;
  return input[(image_row * params.width + column - 1u) * params.n_quads + quad];
}

fn sum_taps(slice: u32, first_output: u32, c: u32) {
#unroll t 9
  var sum_0$t = vec4f();
  var sum_1$t = vec4f();
#end
  for (var quad = slice; quad < params.n_quads; quad += params.n_slices) {
    for (var row = 0u; row < params.height; row++) {
      // The taps of a pixel: the next pixel of the row shares two columns of them.
#unroll y 3
      var x_$y0 = vec4f();
      var x_$y1 = vec4f();
      var x_$y2 = padded_quad(quad, c, row + $y, 1u);
#end
      for (var column = 0u; column < params.width; column++) {
#unroll y 3
        x_$y0 = x_$y1;
        x_$y1 = x_$y2;
        x_$y2 = padded_quad(quad, c, row + $y, column + 2u);
#end
        let pixel = row * params.width + column;
#unroll o 2
        let d_$o = gradient(first_output + $o, pixel, quad);
        sum_$o0 = fma(d_$o, x_00, sum_$o0);
        sum_$o1 = fma(d_$o, x_01, sum_$o1);
        sum_$o2 = fma(d_$o, x_02, sum_$o2);
        sum_$o3 = fma(d_$o, x_10, sum_$o3);
        sum_$o4 = fma(d_$o, x_11, sum_$o4);
        sum_$o5 = fma(d_$o, x_12, sum_$o5);
        sum_$o6 = fma(d_$o, x_20, sum_$o6);
        sum_$o7 = fma(d_$o, x_21, sum_$o7);
        sum_$o8 = fma(d_$o, x_22, sum_$o8);
#end
      }
    }
  }
#unroll o 2
#unroll t 9
  store(slice, first_output + $o, 9u * c + $t, sum_$o$t);
#end
#end
}

// The columns from `first` on, whose values are the same for all pixels of an image: the context, then 1 for the bias.
fn sum_others(slice: u32, first_output: u32, first: u32) {
#unroll t 9
  var sum_0$t = vec4f();
  var sum_1$t = vec4f();
#end
  let n_pixels = params.height * params.width;
  for (var quad = slice; quad < params.n_quads; quad += params.n_slices) {
#unroll o 2
    var d_$o = vec4f();
#end
    for (var pixel = 0u; pixel < n_pixels; pixel++) {
#unroll o 2
      d_$o += gradient(first_output + $o, pixel, quad);
#end
    }
#unroll t 9
    let value_$t = other_value(first + $t, quad);
    sum_0$t = fma(d_0, value_$t, sum_0$t);
    sum_1$t = fma(d_1, value_$t, sum_1$t);
#end
  }
#unroll o 2
#unroll t 9
  store(slice, first_output + $o, first + $t, sum_$o$t);
#end
#end
}

fn other_value(column: u32, quad: u32) -> vec4f {
#if CONTEXT
  if (column < params.n_columns) {
    return context[(column - 9u * params.n_channels) * params.n_quads + quad];
  }
#endif
  return vec4f(1.0);
}

fn store(slice: u32, o: u32, column: u32, sums: vec4f) {
  if (o >= params.n_outputs || column > params.n_columns) {
    return;
  }
  let place = (slice * params.n_outputs + o) * (params.n_columns + 1u) + column;
  partials[place] = sums.x + sums.y + sums.z + sums.w;
}

// partials[s, o, 9 c + t] = sum over slice s of d_output[o, p, r] input[c, p + t, r], column 9 C + k of d_output[o, p, r]
// context[k, r], and the last one of d_output alone: conv_backward_weight for wide layers. dense_weight_reduce adds the slices.
// d_output [*, height, width, n_rows] from channel output_start; input [*, height, width, n_rows] from channel input_start;
// context [n_columns - 9 C, n_rows]; partials [n_slices, n_outputs, n_columns + 1]; a slice is slice_rows consecutive pairs
// of pixel and row. If parity is below 2, input pixels with another (row + column) mod 2 count as zeros. A workgroup owns a
// tile of outputs by columns in one slice, in workgroup memory. Each invocation keeps a block of it in registers and sums over
// the pairs in ascending order: shared/blocked_product.wgsl. docs/derivations.md, eq. (165)
#include "shared/blocked_product.wgsl"
#include "shared/conv_taps.wgsl"

struct Params {
  n_rows: u32,
  n_channels: u32,
  n_outputs: u32,
  n_columns: u32,
  height: u32,
  width: u32,
  parity: u32,
  slice_rows: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>;
#if CONTEXT
@group(0) @binding(3) var<storage, read> context: array<f32>;
#endif
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

// The first pair of pixel and row of the workgroup's slice.
var<private> first_row: u32;

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  first_row = group.z * params.slice_rows;
  let n_slice_rows = min(params.slice_rows, image_rows() - group.z * params.slice_rows);
  var sums = block_product(group, local, n_slice_rows);
  let block = block_of(group, local);
  let n_partials = params.n_columns + 1u;
  let first_partial = group.z * params.n_outputs * n_partials;
  for (var f = 0u; f < BLOCK_FEATURES && feature_of(block, f) < params.n_outputs; f++) {
    let row = first_partial + feature_of(block, f) * n_partials;
    for (var q = 0u; q < ROW_QUADS; q++) {
      let first_column = 4u * (block.quad + SIDE * q);
      for (var c = 0u; c < 4u && first_column + c < params.n_columns; c++) {
        partials[row + first_column + c] = sums[f * ROW_QUADS + q][c];
      }
    }
  }
  // The biases of the tile's outputs, computed by the first of the workgroups that share them.
  for (var o = local; group.x == 0u && o < 4u * TILE_SLOTS; o += BLOCKED_GROUP_SIZE) {
    let output = 4u * group.y * TILE_SLOTS + o;
    if (output < params.n_outputs) {
      let first = (params.output_start + output) * image_rows() + first_row;
      var sum = 0.0;
      for (var r = 0u; r < n_slice_rows; r++) {
        sum += d_output[first + r];
      }
      partials[first_partial + output * n_partials + params.n_columns] = sum;
    }
  }
}

fn image_rows() -> u32 {
  return params.height * params.width * params.n_rows;
}

fn staged_left(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn left_quad(slot: u32, r: u32) -> vec4f {
  let outputs = params.output_start + min(4u * slot + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  let at = outputs * image_rows() + first_row + r;
  return vec4f(d_output[at.x], d_output[at.y], d_output[at.z], d_output[at.w]);
}

fn staged_right(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn right_quad(r: u32, quad: u32) -> vec4f {
  let columns = min(4u * quad + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_columns - 1u));
  return vec4f(
    column_value(columns.x, first_row + r),
    column_value(columns.y, first_row + r),
    column_value(columns.z, first_row + r),
    column_value(columns.w, first_row + r),
  );
}

fn column_value(column: u32, image_row: u32) -> f32 {
  let row = image_row % params.n_rows;
#if CONTEXT
  if (column >= 9u * params.n_channels) {
    return context[(column - 9u * params.n_channels) * params.n_rows + row];
  }
#endif
  let pixel = tap_pixel(image_row / params.n_rows, column % 9u);
  if (pixel == NO_PIXEL || is_hidden(pixel)) {
    return 0.0;
  }
  let channel = params.input_start + column / 9u;
  return input[(channel * params.height * params.width + pixel) * params.n_rows + row];
}

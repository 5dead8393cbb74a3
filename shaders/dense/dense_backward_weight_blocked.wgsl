// partials[k, o, i] = sum over the rows of slice k of d_output[o, r] input[i, r]; column i = n_inputs is the bias,
// whose input is 1: dense_backward_weight for wide layers. dense_weight_reduce adds the slices.
// d_output [*, n_rows] from feature output_start; input [*, n_rows] from feature input_start; partials [n_slices,
// n_outputs, n_inputs + 1]; a slice is slice_rows consecutive rows. A workgroup owns a tile of outputs by inputs in one
// slice, in workgroup memory. Each invocation keeps a block of it in registers and sums over r in ascending order:
// shared/blocked_product.wgsl. docs/derivations.md, eq. (23), (24)
#if F16
enable f16;
#endif
#include "shared/blocked_product.wgsl"
#include "shared/stored.wgsl"

struct Params {
  n_rows: u32,
  slice_rows: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<Stored>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

// The first row of the workgroup's slice.
var<private> first_row: u32;

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  first_row = group.z * params.slice_rows;
  let n_slice_rows = min(params.slice_rows, params.n_rows - group.z * params.slice_rows);
  var sums = block_product(group, local, n_slice_rows);
  let block = block_of(group, local);
  let first_partial = group.z * params.n_outputs * (params.n_inputs + 1u);
  for (var f = 0u; f < BLOCK_FEATURES && feature_of(block, f) < params.n_outputs; f++) {
    let row = first_partial + feature_of(block, f) * (params.n_inputs + 1u);
    for (var q = 0u; q < ROW_QUADS; q++) {
      let first_input = 4u * (block.quad + SIDE * q);
      for (var c = 0u; c < 4u && first_input + c < params.n_inputs; c++) {
        partials[row + first_input + c] = sums[f * ROW_QUADS + q][c];
      }
    }
  }
  // The biases of the tile's outputs, computed by the first of the workgroups that share them.
  for (var o = local; group.x == 0u && o < 4u * TILE_SLOTS; o += BLOCKED_GROUP_SIZE) {
    let output = 4u * group.y * TILE_SLOTS + o;
    if (output < params.n_outputs) {
      let first = (params.output_start + output) * params.n_rows + first_row;
      var sum = 0.0;
      for (var r = 0u; r < n_slice_rows; r++) {
        sum += d_output[first + r];
      }
      partials[first_partial + output * (params.n_inputs + 1u) + params.n_inputs] = sum;
    }
  }
}

fn staged_left(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn left_quad(slot: u32, r: u32) -> vec4f {
  let outputs = params.output_start + min(4u * slot + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_outputs - 1u));
  let at = outputs * params.n_rows + first_row + r;
  return vec4f(d_output[at.x], d_output[at.y], d_output[at.z], d_output[at.w]);
}

fn staged_right(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn right_quad(r: u32, quad: u32) -> vec4f {
  let inputs = params.input_start + min(4u * quad + vec4u(0u, 1u, 2u, 3u), vec4u(params.n_inputs - 1u));
  let at = inputs * params.n_rows + first_row + r;
  return vec4f(StoredQuad(input[at.x], input[at.y], input[at.z], input[at.w]));
}

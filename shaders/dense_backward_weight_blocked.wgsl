// partials[k, o, i] = sum over the quads of slice k of d_output[o, r] input[i, r]; column i = n_inputs is the
// bias, whose input is 1: dense_backward_weight for wide layers. dense_weight_reduce adds the slices.
// d_output [*, n_quads] from feature output_start; input [*, n_quads] from feature input_start;
// partials [n_slices, n_outputs, n_inputs + 1]; a quad is four rows; a slice is slice_quads quads in a row.
// A workgroup owns 64 outputs by 64 inputs in one slice, one invocation 8 by 8 of them in registers; the quads come
// in tiles over workgroup memory, and the sums go over the rows in ascending order. docs/derivations.md, eq. (23), (24)

const BLOCKED_GROUP_SIZE: u32 = 64u;
const SIDE: u32 = 8u;
const TILE_FEATURES: u32 = 64u;
const TILE_QUADS: u32 = 4u;
// One more than the features, so that quads that lie side by side are not written to one bank of the memory.
const STRIDE: u32 = TILE_FEATURES + 1u;

var<workgroup> sh_d_output: array<vec4f, TILE_QUADS * STRIDE>;
var<workgroup> sh_input: array<vec4f, TILE_QUADS * STRIDE>;

struct Params {
  n_quads: u32,
  slice_quads: u32,
  n_inputs: u32,
  n_outputs: u32,
  input_start: u32,
  output_start: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> d_output: array<vec4f>;
@group(0) @binding(2) var<storage, read> input: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(BLOCKED_GROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_input = group.x * TILE_FEATURES;
  let first_output = group.y * TILE_FEATURES;
  let first_quad = group.z * params.slice_quads;
  let end_quad = min(first_quad + params.slice_quads, params.n_quads);

#unroll j 8
#unroll h 2
  var sum_$j$h = vec4f();
#end
#end
  var bias = vec4f();
  for (var first = first_quad; first < end_quad; first += TILE_QUADS) {
    for (var index = local; index < TILE_QUADS * TILE_FEATURES; index += BLOCKED_GROUP_SIZE) {
      let quad = min(first + index % TILE_QUADS, params.n_quads - 1u);
      let feature = index / TILE_QUADS;
      let o = params.output_start + min(first_output + feature, params.n_outputs - 1u);
      let i = params.input_start + min(first_input + feature, params.n_inputs - 1u);
      let place = (index % TILE_QUADS) * STRIDE + feature;
      sh_d_output[place] = d_output[o * params.n_quads + quad];
      sh_input[place] = input[i * params.n_quads + quad];
    }
    workgroupBarrier();
    let end = min(TILE_QUADS, end_quad - first);
    for (var quad = 0u; quad < end; quad++) {
#unroll j 8
      let d_$j = sh_d_output[quad * STRIDE + local / SIDE + SIDE * $j];
#end
      // Columns become rows, so that a row of x times d is the block's part of four sums.
#unroll h 2
      let x_$h = transpose(mat4x4f(
#unroll c 4
        sh_input[quad * STRIDE + local % SIDE + SIDE * (4 * $h + $c)],
#end
      ));
#end
#unroll j 8
#unroll h 2
#unroll r 4
      sum_$j$h = fma(x_$h[$r], vec4f(d_$j[$r]), sum_$j$h);
#end
#end
#end
      // Each bias once, of the workgroups that share its outputs.
      if (group.x == 0u) {
        bias += sh_d_output[quad * STRIDE + local];
      }
    }
    workgroupBarrier();
  }

  var sums = array<vec4f, 16>(
#unroll j 8
#unroll h 2
    sum_$j$h,
#end
#end
  );
  let first_partial = group.z * params.n_outputs * (params.n_inputs + 1u);
  for (var j = 0u; j < 8u; j++) {
    let o = first_output + local / SIDE + SIDE * j;
    let row = first_partial + o * (params.n_inputs + 1u);
    for (var c = 0u; c < 8u; c++) {
      let i = first_input + local % SIDE + SIDE * c;
      if (o < params.n_outputs && i < params.n_inputs) {
        partials[row + i] = sums[2u * j + c / 4u][c % 4u];
      }
    }
  }
  if (group.x == 0u && first_output + local < params.n_outputs) {
    let row = first_partial + (first_output + local) * (params.n_inputs + 1u);
    partials[row + params.n_inputs] = bias.x + bias.y + bias.z + bias.w;
  }
}

// partials[k, weight + o n_in + i] = sum over the rows of slice k of d_output[o, r] input[i, r], and with i = n_in, whose
// input is 1, partials[k, bias + o]: the gradients of all layers that resident_pass took rows back through, at once.
// factors [n_pairs, n_slots, 2] from resident_pass, in pairs of row quads; slot 0 holds 1. blocks [n_blocks, 12 words]: the slot of
// d_output, n_out, the slot of input, n_in, weight, bias, the first o, the first i, the triangle, and three unused; only
// the elements of a triangle are written, i < o of LOWER or i > o of UPPER. partials [n_slices, n_parameters]; a slice is
// slice_pairs consecutive pairs. A workgroup owns 32 by 32 elements of one matrix in one slice; an invocation sums 16 of
// them, four rows at a time, in ascending order. docs/derivations.md, eq. (23), (24), (55)
struct Params {
  n_pairs: u32,
  slice_pairs: u32,
  n_slots: u32,
  n_parameters: u32,
}

const NONE: u32 = 0xffffffffu;
const TRIANGLE_LOWER: u32 = 1u;
const TRIANGLE_UPPER: u32 = 2u;
const BLOCK_SIDE: u32 = 8u;

#include "shared/triangles.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> blocks: array<vec4u>;
@group(0) @binding(2) var<storage, read> factors: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let shape = blocks[3u * group.x];
  let targets = blocks[3u * group.x + 1u];
  let first_out = targets.z + local / BLOCK_SIDE;
  let first_in = targets.w + local % BLOCK_SIDE;
  let first_pair = group.y * params.slice_pairs;
  let n_pairs = min(params.slice_pairs, params.n_pairs - first_pair);
  let pair_length = 2u * params.n_slots;
#unroll j 4
  var out_place_$j = first_pair * pair_length + 2u * (shape.x + min(first_out + BLOCK_SIDE * $j, shape.y - 1u));
  let i_$j = first_in + BLOCK_SIDE * $j;
  var in_place_$j = first_pair * pair_length + 2u * select(0u, shape.z + i_$j, i_$j < shape.w);
#unroll i 4
  var sum_$j$i = vec4f();
#end
#end
  for (var p = 0u; p < n_pairs; p++) {
#unroll q 2
    {
#unroll j 4
      let d_$j = factors[out_place_$j + $q];
      let input_$j = factors[in_place_$j + $q];
#end
#unroll j 4
#unroll i 4
      sum_$j$i = fma(d_$j, input_$i, sum_$j$i);
#end
#end
    }
#end
#unroll j 4
    out_place_$j += pair_length;
    in_place_$j += pair_length;
#end
  }
  let triangle = blocks[3u * group.x + 2u].x;
  let first_partial = group.y * params.n_parameters;
#unroll j 4
#unroll i 4
  {
    let o = first_out + BLOCK_SIDE * $j;
    let place = target_of(o, first_in + BLOCK_SIDE * $i, shape, targets, triangle);
    if (place != NONE) {
      partials[first_partial + place] = (sum_$j$i.x + sum_$j$i.y) + (sum_$j$i.z + sum_$j$i.w);
    }
  }
#end
#end
}

// The parameter with row o and column i, or NONE.
fn target_of(o: u32, i: u32, shape: vec4u, targets: vec4u, triangle: u32) -> u32 {
  let n_in = shape.w;
  if (o >= shape.y || i > n_in) {
    return NONE;
  }
  if (i == n_in) {
    return select(targets.y + o, NONE, targets.y == NONE);
  }
  switch triangle {
    case TRIANGLE_LOWER: {
      return select(NONE, targets.x + lower_place(o, i), i < o);
    }
    case TRIANGLE_UPPER: {
      return select(NONE, targets.x + upper_place(o, i, n_in), i > o);
    }
    default: {
      return targets.x + o * n_in + i;
    }
  }
}

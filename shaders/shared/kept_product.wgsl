// Multiplies rows of a streamed matrix with a matrix whose rows of four an invocation keeps in registers:
// sum_k A[k] kept[k]. Each of the LANES lanes loads another quad of the streamed row, and they share the quads.
// Needs the sizes N_KEPT, LANES and N_BLOCKS = N_KEPT / (4 LANES), and a function streamed_quad(row, first): elements
// [first, first + 4) of a row, zero past its end.
#include "shared/lanes.wgsl"

var<private> kept: array<vec4f, N_KEPT>;

// Elements [first, first + N_KEPT) of the streamed row, as four sums in ascending order.
fn product_with_kept(row: u32, first: u32, lane: u32) -> vec4f {
#unroll b N_BLOCKS
  let own_$b = streamed_quad(row, first + 4u * ($b * LANES + lane));
#end
  var sums = array<vec4f, 4>();
#unroll b N_BLOCKS
#unroll k LANES
  {
    let quad = quad_of_lane(own_$b, $k);
#unroll u 4
    sums[$u] = fma(vec4f(quad[$u]), kept[4u * ($b * LANES + $k) + $u], sums[$u]);
#end
  }
#end
#end
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

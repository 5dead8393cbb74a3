// Multiplies rows of a streamed matrix with a matrix whose rows of four an invocation keeps in registers:
// sum_k A[k] kept[k]. Each of the LANES lanes loads another quad of the streamed row, and they share the quads.
// Needs the sizes N_KEPT = 4 N_KEPT_QUADS, LANES and N_BLOCKS = ceil(N_KEPT / (4 LANES)), and a function streamed_quad(row,
// first): elements [first, first + 4) of a row, zero past its end.
#include "shared/lanes.wgsl"

var<private> kept: array<vec4f, N_KEPT>;

// Elements [first, first + N_KEPT) of the streamed row, as four sums in ascending order.
fn product_with_kept(row: u32, first: u32, lane: u32) -> vec4f {
#unroll b N_BLOCKS
  let own_$b = streamed_quad(row, first + 4u * ($b * LANES + lane));
#end
  let own = array<vec4f, N_BLOCKS>(
#unroll b N_BLOCKS
    own_$b,
#end
  );
  var sums = array<vec4f, 4>();
#unroll q N_KEPT_QUADS
  {
    let quad = quad_of_lane(own[$q / LANES], $q % LANES);
#unroll u 4
    sums[$u] = fma(vec4f(quad[$u]), kept[4u * $q + $u], sums[$u]);
#end
  }
#end
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

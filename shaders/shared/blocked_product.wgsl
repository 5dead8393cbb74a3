// sums[f, r] = sum_k A[f, k] B[k, r] by register blocks over workgroup memory. A workgroup of 8 by 8
// invocations loads a tile of both factors once for all of them. Each invocation adds to its block of 4
// FEATURE_QUADS rows of A by 4 ROW_QUADS columns of B, k ascending. The including shader defines the factors,
// four at a time: left_quad(slot, k) = A[4 slot .. 4 slot + 3, k] and right_quad(k, quad) = B[k, 4 quad .. 4
// quad + 3]. It also defines which (k, slot) and (k, quad) of a tile neighbours load: staged_left(index),
// staged_right(index). Both factors are also read past the ends, where any number of the buffer will do.
const BLOCKED_GROUP_SIZE: u32 = SIDE * SIDE;
const TILE_DEPTH: u32 = 16u;
const TILE_SLOTS: u32 = SIDE * FEATURE_QUADS;
const TILE_QUADS: u32 = SIDE * ROW_QUADS;
const BLOCK_FEATURES: u32 = 4u * FEATURE_QUADS;
// One more than a tile has, so that loads along k are not written to a single bank of the memory.
const SLOT_STRIDE: u32 = TILE_SLOTS + 1u;
const QUAD_STRIDE: u32 = TILE_QUADS + 1u;

var<workgroup> sh_left: array<vec4f, TILE_DEPTH * SLOT_STRIDE>;
var<workgroup> sh_right: array<vec4f, TILE_DEPTH * QUAD_STRIDE>;

// An invocation's first slot and quad; the others follow at a distance of SIDE.
struct Block {
  slot: u32,
  quad: u32,
}

fn block_of(group: vec3u, local: u32) -> Block {
  return Block(group.y * TILE_SLOTS + local / SIDE, group.x * TILE_QUADS + local % SIDE);
}

fn feature_of(block: Block, f: u32) -> u32 {
  return 4u * (block.slot + SIDE * (f / 4u)) + f % 4u;
}

// Sum f * ROW_QUADS + q belongs to feature_of(block, f) and quad block.quad + SIDE * q.
fn block_product(group: vec3u, local: u32, depth: u32) -> array<vec4f, BLOCK_FEATURES * ROW_QUADS> {
#unroll f FEATURE_QUADS
#unroll c 4
#unroll q ROW_QUADS
  var sum_$f$c$q = vec4f();
#end
#end
#end
  for (var first = 0u; first < depth; first += TILE_DEPTH) {
    for (var index = local; index < TILE_DEPTH * TILE_SLOTS; index += BLOCKED_GROUP_SIZE) {
      let place = staged_left(index);
      let k = min(first + place.x, depth - 1u);
      sh_left[place.x * SLOT_STRIDE + place.y] = left_quad(group.y * TILE_SLOTS + place.y, k);
    }
    for (var index = local; index < TILE_DEPTH * TILE_QUADS; index += BLOCKED_GROUP_SIZE) {
      let place = staged_right(index);
      let k = min(first + place.x, depth - 1u);
      sh_right[place.x * QUAD_STRIDE + place.y] = right_quad(k, group.x * TILE_QUADS + place.y);
    }
    workgroupBarrier();
    let end = min(TILE_DEPTH, depth - first);
    for (var k = 0u; k < end; k++) {
#unroll f FEATURE_QUADS
      let left_$f = sh_left[k * SLOT_STRIDE + local / SIDE + SIDE * $f];
#end
#unroll q ROW_QUADS
      let right_$q = sh_right[k * QUAD_STRIDE + local % SIDE + SIDE * $q];
#end
#unroll f FEATURE_QUADS
#unroll c 4
#unroll q ROW_QUADS
      sum_$f$c$q = fma(vec4f(left_$f[$c]), right_$q, sum_$f$c$q);
#end
#end
#end
    }
    workgroupBarrier();
  }
  return array<vec4f, BLOCK_FEATURES * ROW_QUADS>(
#unroll f FEATURE_QUADS
#unroll c 4
#unroll q ROW_QUADS
    sum_$f$c$q,
#end
#end
#end
  );
}

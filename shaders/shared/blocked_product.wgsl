// sums[f, r] = sum_k W[f, k] x[k, r] by register blocks over workgroup memory: a workgroup of 8 by 8 invocations
// brings a tile of both factors in, once for all of them, and each invocation adds to its block of 4 FEATURE_QUADS
// features by ROW_QUADS quads of rows, k ascending. What includes this says what the factors are: weight_quad(slot, k),
// where a slot is four features; row_quad(k, quad); and staged_weight(index), the (k, slot) of a tile that it loads
// side by side. They are asked for places past the end too, where any number of the buffer will do.
const BLOCKED_GROUP_SIZE: u32 = 64u;
const SIDE: u32 = 8u;
const TILE_DEPTH: u32 = 16u;
const TILE_SLOTS: u32 = SIDE * FEATURE_QUADS;
const TILE_QUADS: u32 = SIDE * ROW_QUADS;
const BLOCK_FEATURES: u32 = 4u * FEATURE_QUADS;
// One more than the slots, so that what is loaded along k is not written to one bank of the memory.
const SLOT_STRIDE: u32 = TILE_SLOTS + 1u;

var<workgroup> sh_weights: array<vec4f, TILE_DEPTH * SLOT_STRIDE>;
var<workgroup> sh_rows: array<vec4f, TILE_DEPTH * TILE_QUADS>;

// Of an invocation: its first slot and quad; the others follow at a distance of SIDE.
struct Block {
  slot: u32,
  quad: u32,
}

fn block_of(group: vec3u, local: u32) -> Block {
  return Block(group.y * TILE_SLOTS + local / SIDE, group.x * TILE_QUADS + local % SIDE);
}

// Sum f * ROW_QUADS + q is that of feature f % 4 of the block's slot f / 4, and of its quad q.
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
      let place = staged_weight(index);
      let k = min(first + place.x, depth - 1u);
      sh_weights[place.x * SLOT_STRIDE + place.y] = weight_quad(group.y * TILE_SLOTS + place.y, k);
    }
    for (var index = local; index < TILE_DEPTH * TILE_QUADS; index += BLOCKED_GROUP_SIZE) {
      let k = min(first + index / TILE_QUADS, depth - 1u);
      sh_rows[index] = row_quad(k, group.x * TILE_QUADS + index % TILE_QUADS);
    }
    workgroupBarrier();
    let end = min(TILE_DEPTH, depth - first);
    for (var k = 0u; k < end; k++) {
#unroll f FEATURE_QUADS
      let weights_$f = sh_weights[k * SLOT_STRIDE + local / SIDE + SIDE * $f];
#end
#unroll q ROW_QUADS
      let x_$q = sh_rows[k * TILE_QUADS + local % SIDE + SIDE * $q];
#end
#unroll f FEATURE_QUADS
#unroll c 4
#unroll q ROW_QUADS
      sum_$f$c$q = fma(vec4f(weights_$f[$c]), x_$q, sum_$f$c$q);
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

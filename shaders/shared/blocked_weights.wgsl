// The weights of a layer as the left factor of shared/blocked_product.wgsl, with k its inputs. The including
// shader defines the four outputs of a slot: outputs_of(slot).
#include "shared/stored.wgsl"

fn staged_left(index: u32) -> vec2u {
  return vec2u(index % TILE_DEPTH, index / TILE_DEPTH);
}

fn left_quad(slot: u32, i: u32) -> vec4f {
  let at = params.weight_offset + outputs_of(slot) * params.n_inputs + i;
  return vec4f(StoredQuad(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]));
}

fn staged_right(index: u32) -> vec2u {
  return vec2u(index / TILE_QUADS, index % TILE_QUADS);
}

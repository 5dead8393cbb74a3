// Two words of a row that cover the unit square evenly over consecutive rows: docs/derivations.md, eq. (41);
// src/random.ts, spreadWords.
#include "shared/philox.wgsl"

const SPREAD_STEPS = vec2u(0xc13fa9a9u, 0x91e10da5u);

fn spread_words(index_low: u32, stream: u32, key: vec2u) -> vec2u {
  let offset = philox(vec4u(1u, 0u, 0u, stream), key);
  return offset.xy + index_low * SPREAD_STEPS;
}

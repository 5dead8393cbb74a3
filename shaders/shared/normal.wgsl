// Random words as uniform and normal numbers: u = (k + 1/2) 2^-24 with k the upper 24 bits.
#include "shared/elementary.wgsl"

// u if u < 1/2, else u - 1: exact in f32, unlike u itself above 1/2.
fn signed_uniform(word: u32) -> f32 {
  return (f32(bitcast<i32>(word) >> 8u) + 0.5) * 0x1p-24;
}

fn uniform_of(word: u32) -> f32 {
  let s = signed_uniform(word);
  return select(s, 1.0 + s, s < 0.0);
}

fn log_uniform(word: u32) -> f32 {
  let s = signed_uniform(word);
  if (s < 0.0 && s > -0.25) {
    return log_one_minus(-s);
  }
  return log_accurate(uniform_of(word));
}

// Two independent standard normals (Box and Muller 1958).
fn normal_pair(words: vec2u) -> vec2f {
  return sqrt(-2.0 * log_uniform(words.x)) * cos_sin_turns(signed_uniform(words.y));
}

fn four_normals(words: vec4u) -> vec4f {
  return vec4f(normal_pair(words.xy), normal_pair(words.zw));
}

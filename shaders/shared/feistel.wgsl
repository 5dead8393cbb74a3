// A keyed permutation of [0, count): a balanced Feistel network with cycle walking (Black and Rogaway 2002).
#include "shared/philox.wgsl"

// A bijection of words in which every input bit reaches every output bit (Wellons' lowbias32).
fn mix(word: u32) -> u32 {
  var x = (word ^ (word >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

fn feistel_round(halves: vec2u, key: u32, mask: u32) -> vec2u {
  return vec2u(halves.y, halves.x ^ (mix(halves.y + key) & mask));
}

// The row, out of `count`, that comes at `position` of the epoch.
fn shuffled_row(position: u32, count: u32, seed: vec2u, epoch: u32) -> u32 {
  let keys = philox(vec4u(0u, epoch, 0u, STREAM_SHUFFLE), seed);
  let more_keys = philox(vec4u(1u, epoch, 0u, STREAM_SHUFFLE), seed);
  let half_bits = max(1u, (33u - countLeadingZeros(count - 1u)) >> 1u);
  let mask = (1u << half_bits) - 1u;
  var row = position;
  loop {
    var halves = vec2u(row >> half_bits, row & mask);
    halves = feistel_round(halves, keys.x, mask);
    halves = feistel_round(halves, keys.y, mask);
    halves = feistel_round(halves, keys.z, mask);
    halves = feistel_round(halves, keys.w, mask);
    halves = feistel_round(halves, more_keys.x, mask);
    halves = feistel_round(halves, more_keys.y, mask);
    row = (halves.x << half_bits) | halves.y;
    if (row < count) {
      break;
    }
  }
  return row;
}

// A random word of the epoch that no round uses.
fn shuffle_offset(seed: vec2u, epoch: u32) -> u32 {
  return philox(vec4u(1u, epoch, 0u, STREAM_SHUFFLE), seed).z;
}

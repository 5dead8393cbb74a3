// Philox4x32-10: four random words from a counter and a key (Salmon et al. 2011, section 3.3).
// counter = (block, row low, row high, stream), key = (seed low, seed high): src/random.ts explains them.
const PHILOX_MULTIPLIERS = vec2u(0xd2511f53u, 0xcd9e8d57u);
const PHILOX_WEYL = vec2u(0x9e3779b9u, 0xbb67ae85u);

// The upper 32 bits of the 64-bit product a b, by 16-bit halves.
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let cross0 = a1 * b0;
  let cross1 = a0 * b1;
  let carry = ((a0 * b0) >> 16u) + (cross0 & 0xffffu) + (cross1 & 0xffffu);
  return a1 * b1 + (cross0 >> 16u) + (cross1 >> 16u) + (carry >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  return philox_rounds(counter, key, PHILOX_ROUNDS);
}

// For code with few registers: a compiler that knows the number of rounds unrolls them.
fn philox_rounds(counter: vec4u, key: vec2u, n_rounds: u32) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < n_rounds; round++) {
    let high0 = multiply_high(PHILOX_MULTIPLIERS.x, c.x);
    let high1 = multiply_high(PHILOX_MULTIPLIERS.y, c.z);
    c = vec4u(high1 ^ c.y ^ k.x, PHILOX_MULTIPLIERS.y * c.z, high0 ^ c.w ^ k.y, PHILOX_MULTIPLIERS.x * c.x);
    k += PHILOX_WEYL;
  }
  return c;
}

// (low, high) + offset, modulo 2^64.
fn add_to_row(row: vec2u, offset: u32) -> vec2u {
  let low = row.x + offset;
  return vec2u(low, row.y + select(0u, 1u, low < offset));
}

// A word as one of the integers 0 .. count - 1.
fn choice_of(word: u32, count: u32) -> u32 {
  return multiply_high(word, count);
}

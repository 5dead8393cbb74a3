/**
 * Counter-based random numbers, the same bits on the CPU and in the shaders.
 *
 * Every draw is a word of Philox4x32-10 with
 *
 *     counter = (block, row low, row high, stream)     key = (seed low, seed high)
 *
 * `row` is the 64-bit index of the draw (a sample, a point, an epoch). `block` counts the groups of four
 * words within it, and `stream` separates the uses of one seed. So a draw depends only on its place.
 */
import { ShapeError } from './errors.ts';

/** Four 32-bit words. */
export type Words = readonly [number, number, number, number];

/** A 64-bit whole number as (low, high) 32-bit words: a seed's key or a row index. */
export type WordPair = readonly [low: number, high: number];

/** The uses of a seed; shaders receive the number in their `stream` param. */
export const STREAMS = {
  /** Initial parameters. */
  init: 0,
  /** Rows of the base distribution. */
  baseSample: 1,
  /** Points of a toy density for training. */
  toyTraining: 2,
  /** Points of a toy density that training never sees. */
  toyTest: 3,
  /** Keys of the epoch shuffle; here `row` is the epoch. */
  shuffle: 4,
  /** Permutations of features. */
  permutation: 5,
  /** Tensors of a base distribution. */
  base: 6,
  /** Draws from the cells of a table that are intervals. */
  cells: 7,
  /** Noise of training rows; here `row` is (row of the batch, step). */
  noise: 8,
  /** Draws of cells given the others; here the first counter is (sweep, column). */
  conditionals: 9,
} as const;

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
/** Of Philox. */
export const PHILOX_ROUNDS = 10;

/** Four random words from a counter and a key. @see Salmon et al. 2011, section 3.3: Philox4x32-10 */
export function philox(counter: Words, key: WordPair): Words {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < PHILOX_ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/** The upper 32 bits of the 64-bit product a · b. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const cross0 = a1 * b0;
  const cross1 = a0 * b1;
  const carry = Math.floor(a0 * b0 * 2 ** -16) + (cross0 & 0xffff) + (cross1 & 0xffff);
  return (a1 * b1 + (cross0 >>> 16) + (cross1 >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * The Philox key of a seed.
 * @throws {ShapeError} unless `seed` is an integer from 0 to 2^53 − 1
 */
export function splitSeed(seed: number): WordPair {
  return splitWhole('seed', seed);
}

/**
 * The two counter words of a row index.
 * @throws {ShapeError} unless `row` is an integer from 0 to 2^53 − 1
 */
export function splitRow(row: number): WordPair {
  return splitWhole('row index', row);
}

function splitWhole(what: string, value: number): WordPair {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new ShapeError(what, String(value), 'an integer from 0 to 2^53 − 1');
  }
  return [value % 2 ** 32, Math.floor(value / 2 ** 32)];
}

/** `index` + `offset` modulo 2^64, for an offset below 2^32. */
export function addToRow([low, high]: WordPair, offset: number): WordPair {
  const sum = low + offset;
  return sum < 2 ** 32 ? [sum, high] : [sum - 2 ** 32, (high + 1) % 2 ** 32];
}

/** The steps of the R₂ sequence, 2³² / φ and 2³² / φ² with φ³ = φ + 1 (Roberts 2018). */
const SPREAD_STEPS = [0xc13fa9a9, 0x91e10da5] as const;

/**
 * Four words of row `index`. Words 2 and 3 are random; words 0 and 1 cover the unit square evenly over any run of
 * consecutive rows, from an offset drawn from the seed. So a batch misses no part of a curve by chance.
 */
export function spreadWords(index: WordPair, stream: number, key: WordPair): Words {
  const [low, high] = index;
  const offset = philox([1, 0, 0, stream], key);
  const [, , word2, word3] = philox([0, low, high, stream], key);
  const spread = (axis: 0 | 1): number => (offset[axis] + Math.imul(low, SPREAD_STEPS[axis])) >>> 0;
  return [spread(0), spread(1), word2, word3];
}

/** A word as a uniform number in (0, 1): (k + ½) · 2⁻²⁴ with k its upper 24 bits. */
export function uniformOf(word: number): number {
  return ((word >>> 8) + 0.5) * 2 ** -24;
}

/** A word as one of the integers 0 … count − 1. */
export function choiceOf(word: number, count: number): number {
  return multiplyHigh(word, count);
}

/**
 * Two independent standard normals from two words, none beyond ±5.9: √(−2 log u₁) · (cos 2πu₂, sin 2πu₂).
 * @see Box and Muller 1958
 */
export function normalPair(word0: number, word1: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(uniformOf(word0)));
  const angle = 2 * Math.PI * uniformOf(word1);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** The first `count` uniforms in (0, 1) of row 0 of a stream. @throws {ShapeError} for a bad seed */
export function uniforms(seed: number, stream: number, count: number): Float64Array {
  return drawRow(seed, stream, count, (words) => words.map(uniformOf));
}

/** The first `count` standard normals of row 0 of a stream. @throws {ShapeError} for a bad seed */
export function normals(seed: number, stream: number, count: number): Float64Array {
  return drawRow(seed, stream, count, normalsOf);
}

/** Four standard normals from a block. */
export function normalsOf([w0, w1, w2, w3]: Words): number[] {
  return [...normalPair(w0, w1), ...normalPair(w2, w3)];
}

function drawRow(
  seed: number,
  stream: number,
  count: number,
  numbersOf: (words: Words) => number[],
): Float64Array {
  const key = splitSeed(seed);
  const draws = new Float64Array(count);
  for (let first = 0; first < count; first += 4) {
    const numbers = numbersOf(philox([first / 4, 0, 0, stream], key));
    draws.set(numbers.slice(0, count - first), first);
  }
  return draws;
}

const SHUFFLE_ROUNDS = 6;

/** The round keys of one epoch's shuffle. */
export function shuffleKeys(key: WordPair, epoch: number): readonly number[] {
  return [0, 1].flatMap((block) => philox([block, epoch, 0, STREAMS.shuffle], key)).slice(0, SHUFFLE_ROUNDS);
}

/** A random word of the epoch that no round uses: the offset of weighted draws. */
export function shuffleOffset(key: WordPair, epoch: number): number {
  return philox([1, epoch, 0, STREAMS.shuffle], key)[2];
}

/**
 * The row, out of `count`, that comes at `position`. This is a permutation of [0, count): a balanced Feistel network on
 * the next even number of bits, repeated until the result is below `count` (at most four steps on average).
 * @param count from 1 to 2^32 − 1
 * @see Black and Rogaway 2002, "Ciphers with arbitrary finite domains", section 3 (cycle walking)
 */
export function shuffledRow(position: number, count: number, keys: readonly number[]): number {
  const bits = 32 - Math.clz32(count - 1);
  const halfBits = Math.max(1, (bits + 1) >>> 1);
  const mask = 2 ** halfBits - 1;
  let row = position;
  do {
    let left = row >>> halfBits;
    let right = row & mask;
    for (const key of keys) [left, right] = [right, left ^ (mix(right + key) & mask)];
    row = ((left << halfBits) | right) >>> 0;
  } while (row >= count);
  return row;
}

/** A bijection of 32-bit words in which every input bit reaches every output bit (Wellons' lowbias32). */
function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** Uniform draws in (0, 1), one at a time and without a limit, in the order of `uniforms`. */
export function uniformDraws(seed: number, stream: number): () => number {
  const key = splitSeed(seed);
  let drawn: number[] = [];
  let next = 0;
  return () => {
    if (next % 4 === 0) drawn = philox([next / 4, 0, 0, stream], key).map(uniformOf);
    return drawn[next++ % 4] ?? NaN;
  };
}

/** 0, 1, … count − 1. */
export function inOrder(count: number): number[] {
  return Array.from({ length: count }, (_, j) => j);
}

/** The numbers 0 … count − 1 in random order, by Fisher and Yates, with uniform draws in (0, 1). */
export function shuffled(count: number, draw: () => number): number[] {
  const order = inOrder(count);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(draw() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { ShapeError } from '../../src/errors.ts';
import {
  addToRow,
  choiceOf,
  normals,
  philox,
  shuffledRow,
  shuffleKeys,
  splitRow,
  splitSeed,
  spreadWords,
  STREAMS,
  uniformOf,
  uniforms,
} from '../../src/random.ts';

describe('Philox4x32-10', () => {
  // Known-answer vectors published by Random123.
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the published words for counter %j and key %j', (counter, key, words) => {
    expect(philox(counter, key)).toEqual(words);
  });
});

describe('seeds and rows', () => {
  it('splits a seed into its low and high word', () => {
    expect(splitSeed(0)).toEqual([0, 0]);
    expect(splitSeed(2 ** 32 + 7)).toEqual([7, 1]);
    expect(splitSeed(Number.MAX_SAFE_INTEGER)).toEqual([0xffffffff, 0x1fffff]);
  });

  it.each([-1, 0.5, 2 ** 53, NaN, Infinity])('refuses the seed %d', (seed) => {
    expect(() => splitSeed(seed)).toThrow(ShapeError);
  });

  it('adds to a row index as 64-bit arithmetic does', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, word, (low, high, offset) => {
        const sum = BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low) + BigInt(offset));
        expect(addToRow([low, high], offset)).toEqual([Number(sum & 0xffffffffn), Number(sum >> 32n)]);
      }),
    );
    expect(addToRow([0xffffffff, 0xffffffff], 1)).toEqual([0, 0]);
  });
});

describe('uniforms and normals', () => {
  it('keeps uniforms strictly inside (0, 1)', () => {
    expect(uniformOf(0)).toBe(2 ** -25);
    expect(uniformOf(0xffffffff)).toBe(1 - 2 ** -25);
  });

  it('chooses by the upper bits, so that every choice is a range of words of equal size', () => {
    expect([0, 0x33333333, 0x33333334, 0xffffffff].map((word) => choiceOf(word, 5))).toEqual([0, 0, 1, 4]);
  });

  it('gives the first draws of a longer row whatever the count', () => {
    const many = normals(7, STREAMS.init, 11);
    for (let count = 0; count <= 11; count++) {
      expect(normals(7, STREAMS.init, count)).toEqual(many.slice(0, count));
    }
  });

  it('gives different numbers to different seeds and streams', () => {
    const draws = [uniforms(1, 0, 8), uniforms(2, 0, 8), uniforms(1, 1, 8), uniforms(1 + 2 ** 32, 0, 8)];
    expect(new Set(draws.flatMap((numbers) => [...numbers])).size).toBe(32);
  });

  // Bounds are four standard errors.
  it('has the moments of the uniform distribution', () => {
    const draws = uniforms(3, STREAMS.init, 100_000);
    expect(Math.abs(mean(draws, (u) => u) - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / draws.length));
    expect(Math.abs(mean(draws, (u) => u * u) - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / draws.length));
  });

  it('has the moments and tails of the normal distribution', () => {
    const draws = normals(3, STREAMS.baseSample, 100_000);
    const error = (variance: number): number => 4 * Math.sqrt(variance / draws.length);
    expect(Math.abs(mean(draws, (z) => z))).toBeLessThan(error(1));
    expect(Math.abs(mean(draws, (z) => z * z) - 1)).toBeLessThan(error(2));
    expect(Math.abs(mean(draws, (z) => z ** 3))).toBeLessThan(error(15));
    expect(Math.abs(mean(draws, (z) => z ** 4) - 3)).toBeLessThan(error(96));
    for (const [bound, share] of [
      [1, 0.3173105],
      [2, 0.0455003],
      [3, 0.0026998],
    ] as const) {
      const beyond = mean(draws, (z) => (Math.abs(z) > bound ? 1 : 0));
      expect(Math.abs(beyond - share)).toBeLessThan(error(share * (1 - share)));
    }
  });

  it('does not correlate the two normals of a pair', () => {
    const draws = normals(5, STREAMS.baseSample, 100_000);
    const pairs = Float64Array.from(
      { length: draws.length / 2 },
      (_, i) => draws[2 * i]! * draws[2 * i + 1]!,
    );
    expect(Math.abs(mean(pairs, (product) => product))).toBeLessThan(4 / Math.sqrt(pairs.length));
  });
});

describe('the shuffle', () => {
  it('visits every row exactly once, for any count, seed and epoch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.maxSafeNat(),
        fc.integer({ min: 0, max: 0xffffffff }),
        (count, seed, epoch) => {
          const keys = shuffleKeys(splitSeed(seed), epoch);
          const rows = Array.from({ length: count }, (_, position) => shuffledRow(position, count, keys));
          expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        },
      ),
    );
  });

  it.each([2 ** 16, 2 ** 16 + 1, 2 ** 31, 2 ** 32 - 1])('stays in range and apart among %i rows', (count) => {
    const keys = shuffleKeys(splitSeed(1), 9);
    const positions = [0, 1, 2, 1000, count - 2, count - 1];
    const rows = positions.map((position) => shuffledRow(position, count, keys));
    expect(new Set(rows).size).toBe(positions.length);
    expect(rows.every((row) => Number.isInteger(row) && row >= 0 && row < count)).toBe(true);
  });

  // Chi-square over the positions where a row can land, at most four standard deviations above its mean.
  it.each([2, 3, 4, 5, 7, 16, 17])(
    'sends each of %i rows to each place equally often over the epochs',
    (count) => {
      const epochs = 4000;
      const landed = Array.from({ length: count }, () => new Float64Array(count));
      for (let epoch = 0; epoch < epochs; epoch++) {
        const keys = shuffleKeys(splitSeed(11), epoch);
        for (let position = 0; position < count; position++)
          landed[shuffledRow(position, count, keys)]![position]!++;
      }
      const expected = epochs / count;
      const chiSquare = landed
        .flatMap((places) => [...places])
        .reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      const freedom = (count - 1) ** 2;
      expect(chiSquare).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
    },
  );

  it('leaves no trace of the order: neighbours in an epoch are uncorrelated', () => {
    const count = 50_000;
    const keys = shuffleKeys(splitSeed(2), 0);
    const rows = Float64Array.from({ length: count }, (_, i) => shuffledRow(i, count, keys) / count - 0.5);
    for (const lag of [1, 2, 3, 64]) {
      const correlation = 12 * mean(rows, (row, i) => row * rows[(i + lag) % count]!);
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(count));
    }
  });
});

function mean(values: Float64Array, f: (value: number, index: number) => number): number {
  return values.reduce((sum, value, i) => sum + f(value, i), 0) / values.length;
}

describe('the words that cover the square evenly', () => {
  it('put as many rows into every part of it as its area asks for, over any run of rows', () => {
    const key = splitSeed(11);
    for (const first of [0, 1000, 2 ** 32 - 200]) {
      const cells = new Float64Array(64);
      for (let i = 0; i < 512; i++) {
        const [w0, w1] = spreadWords(splitRow(first + i), STREAMS.toyTraining, key);
        const cell = choiceOf(w0, 8) * 8 + choiceOf(w1, 8);
        cells[cell] = cells[cell]! + 1;
      }
      // Random words would spread by about √8 around 8, and some cell would have 15 or more.
      expect(Math.min(...cells)).toBeGreaterThanOrEqual(5);
      expect(Math.max(...cells)).toBeLessThanOrEqual(11);
    }
  });
});

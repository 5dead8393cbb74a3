import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  heldOutOf,
  MAX_KEPT,
  pValueOf,
  quantileOf,
  thresholdOf,
  typicality,
} from '../../src/data/heldOut.ts';
import type { HeldOut } from '../../src/data/heldOut.ts';
import { normals } from '../../src/random.ts';

/** The numbers 1 to n, shuffled. */
function oneTo(n: number): HeldOut {
  const values = Float32Array.from({ length: n }, (_, i) => ((i * 7919) % n) + 1);
  return heldOutOf(values)!;
}

const logProbs = fc.array(
  fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constant(-Infinity)),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe('the distribution of held-out rows', () => {
  it('has all values of few rows, in ascending order', () => {
    expect(heldOutOf(Float32Array.of(3, -1.5, 2, 2))).toEqual({ rows: 4, logProb: [-1.5, 2, 2, 3] });
  });

  it('has a thousand values of many rows at even ranks, with the smallest and the largest', () => {
    const { rows, logProb } = oneTo(9991);
    expect([rows, logProb.length, logProb[0], logProb.at(-1)]).toEqual([9991, MAX_KEPT, 1, 9991]);
    expect(new Set(logProb.slice(1).map((value, i) => value - logProb[i]!))).toEqual(new Set([10]));
  });

  it('counts rows without density, which JSON could not hold', () => {
    expect(heldOutOf(Float32Array.of(-Infinity, 1, NaN))).toEqual({
      rows: 3,
      withoutDensity: 2,
      logProb: [1],
    });
    expect(heldOutOf(Float32Array.of(-Infinity))).toBeUndefined();
  });

  it('survives JSON to the last bit of float32', () => {
    const values = new Float32Array(normals(4, 5, 200));
    const { logProb } = JSON.parse(JSON.stringify(heldOutOf(values))) as HeldOut;
    expect(Float32Array.from(logProb)).toEqual(values.slice().sort());
  });
});

describe('the p-value of a row', () => {
  it('is the share of rows that are at most as likely, the row itself included', () => {
    const heldOut = oneTo(99);
    expect([0, 0.5, 1, 1.5, 50, 98.5, 99, 200].map((value) => 100 * pValueOf(heldOut, value))).toEqual([
      1, 1, 2, 2, 51, 99, 100, 100,
    ]);
    expect(pValueOf(heldOut, -Infinity)).toBe(0.01);
    expect(pValueOf(heldOut, NaN)).toBeNaN();
  });

  it('counts the rows between two kept values as evenly spaced', () => {
    const heldOut = oneTo(9991);
    for (const value of [1, 7, 4321.5, 9990, 9991]) {
      expect(pValueOf(heldOut, value)).toBe((1 + Math.floor(value)) / 9992);
    }
  });

  it('does not go below the share of rows without density', () => {
    const heldOut = { rows: 9, withoutDensity: 2, logProb: [1, 2, 3, 4, 5, 6, 7] };
    expect([-Infinity, 0, 1, 7].map((value) => pValueOf(heldOut, value))).toEqual([0.3, 0.3, 0.4, 1]);
  });

  it('is the count, whatever the values, ties included', () => {
    fc.assert(
      fc.property(logProbs, fc.nat(59), (given, at) => {
        const values = Float32Array.from(given);
        const heldOut = heldOutOf(values);
        if (heldOut === undefined) return;
        const value = values[at % values.length]!;
        const [below, above] = [
          values.filter((other) => other <= value).length,
          values.filter((other) => other >= value).length,
        ];
        const rows = values.length + 1;
        expect(pValueOf(heldOut, value)).toBe((1 + below) / rows);
        expect(typicality(heldOut, value)).toBe(Math.min(1, (2 * (1 + Math.min(below, above))) / rows));
      }),
    );
  });
});

describe('the threshold of a false-alarm rate', () => {
  it('is the log p below which a row has a p-value of at most that rate', () => {
    for (const heldOut of [oneTo(99), oneTo(1000), oneTo(12_345)]) {
      for (const rate of [0.011, 0.05, 0.29, 0.5, 0.99]) {
        const threshold = thresholdOf(heldOut, rate);
        expect(pValueOf(heldOut, threshold - 0.01)).toBeLessThanOrEqual(rate);
        expect(pValueOf(heldOut, threshold + 0.01)).toBeGreaterThan(rate);
      }
    }
  });

  it('never gives an alarm to a held-out row of that log p, of any float32', () => {
    const values = new Float32Array(normals(1, 1, 99));
    const heldOut = heldOutOf(values)!;
    for (const rate of [0.01, 0.07, 0.2]) {
      const threshold = thresholdOf(heldOut, rate);
      expect(values.filter((value) => value < threshold)).toHaveLength(Math.round(100 * rate) - 1);
    }
  });

  it('lets through at most that share of rows of the same kind, on average over held-out rows', () => {
    const [runs, rows, rate] = [400, 60, 0.1];
    const found = Array.from({ length: runs }, (_, run) => {
      const heldOut = heldOutOf(new Float32Array(normals(run, 1, rows)))!;
      const threshold = thresholdOf(heldOut, rate);
      const fresh = normals(run, 2, 500);
      return fresh.filter((value) => value < threshold).length / fresh.length;
    });
    const mean = found.reduce((sum, one) => sum + one, 0) / runs;
    // It is 6 of 61, with a spread of 0.038 over held-out rows and 0.013 over 500 fresh ones: 0.041 together.
    expect(Math.abs(mean - 6 / 61)).toBeLessThan((4 * 0.041) / Math.sqrt(runs));
  });

  it('is −∞ if that many rows have no density', () => {
    const heldOut = { rows: 9, withoutDensity: 2, logProb: [1, 2, 3, 4, 5, 6, 7] };
    expect([0.1, 0.2, 0.3].map((rate) => thresholdOf(heldOut, rate))).toEqual([-Infinity, -Infinity, 1]);
  });

  it('is refused for a rate that the number of rows does not support', () => {
    expect(thresholdOf(oneTo(99), 0.01)).toBe(1);
    expect(() => thresholdOf(oneTo(99), 0.0099)).toThrow(
      'the false-alarm rate: found 0.0099, expected at least 0.01, which is 1 / (rows + 1) of the 99 held-out rows. ' +
        'Take a larger rate, or train with more held-out rows.',
    );
    expect(() => thresholdOf(oneTo(400), 0.001)).toThrow('at least 0.0025,');
    for (const rate of [0, 1, -1, NaN])
      expect(() => thresholdOf(oneTo(99), rate)).toThrow('above 0 and below 1');
  });
});

describe('the typicality of a row', () => {
  it('is 1 at the median of log p, and falls on both sides', () => {
    const heldOut = oneTo(99);
    expect([0, 1, 25, 50, 75, 99, 1000].map((value) => typicality(heldOut, value))).toEqual([
      0.02, 0.04, 0.52, 1, 0.52, 0.04, 0.02,
    ]);
  });

  it('is the same for values between kept ones as for all rows', () => {
    const heldOut = oneTo(9991);
    expect(typicality(heldOut, 33)).toBe((2 * 34) / 9992);
    expect(typicality(heldOut, 9991 - 32)).toBe((2 * 34) / 9992);
  });
});

describe('a quantile', () => {
  it('is the log p of the row of that rank', () => {
    const { rows, logProb } = oneTo(101);
    expect([0, 0.01, 0.5, 1].map((at) => quantileOf({ rows, logProb }, at))).toEqual([1, 2, 51, 101]);
    expect(quantileOf({ rows: 3, withoutDensity: 2, logProb: [5] }, 0.5)).toBe(-Infinity);
  });
});

import { describe, expect, it } from 'vitest';
import { distanceToHalf, fromHalves, roundToHalf, toHalves } from '../../src/plan/precision.ts';

/** All half-precision numbers that are not negative, smallest first. */
const POSITIVE = fromHalves(Uint16Array.from({ length: 0x7c01 }, (_, bits) => bits));

describe('half precision', () => {
  it('has the numbers of IEEE binary16', () => {
    expect(POSITIVE[1]).toBe(2 ** -24);
    expect(POSITIVE[0x0400]).toBe(2 ** -14);
    expect(POSITIVE[0x3c00]).toBe(1);
    expect(POSITIVE[0x3555]).toBe(0.333251953125);
    expect(POSITIVE[0x7bff]).toBe(65_504);
    expect(POSITIVE[0x7c00]).toBe(Infinity);
    expect([...POSITIVE].findIndex((value, index) => !(index === 0 || value > POSITIVE[index - 1]!))).toBe(
      -1,
    );
  });

  it('keeps its own numbers, and their bits', () => {
    const all = [...POSITIVE, ...POSITIVE.slice(1).map((value) => -value)];
    expect(all.filter((value) => roundToHalf(value) !== value)).toEqual([]);
    expect([...fromHalves(toHalves(all))]).toEqual(all);
    expect(roundToHalf(NaN)).toBeNaN();
    expect(fromHalves(toHalves([NaN]))[0]).toBeNaN();
  });

  it('rounds what lies between two of them to the nearer one, and from halfway to the even one', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [below, above] = [POSITIVE[bits]!, POSITIVE[bits + 1]!];
      const middle = (below + above) / 2;
      const even = bits % 2 === 0 ? below : above;
      const pairs = [
        [middle, even],
        [middle * (1 - 1e-12), below],
        [middle * (1 + 1e-12), above],
      ] as const;
      for (const [value, expected] of pairs) {
        if (roundToHalf(value) !== expected || roundToHalf(-value) !== -expected) wrong.push(value);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('tells how far a number is from those that are stored as another', () => {
    for (const sign of [1, -1]) {
      const distance = (half: number, exact: number): number => distanceToHalf(sign * half, sign * exact);
      // The spacing of halves is 2⁻¹⁰ above 1 and 2⁻¹¹ below it.
      expect([1, 1 + 2 ** -11, 1 - 2 ** -12].map((exact) => distance(1, exact))).toEqual([0, 0, 0]);
      expect(distance(1, 1 + 2 ** -10)).toBe(2 ** -11);
      expect(distance(1, 1 - 2 ** -11)).toBe(2 ** -12);
      expect(distance(1, -1)).toBe(2 - 2 ** -12);
      expect(distance(0, 2 ** -24)).toBe(2 ** -25);
      expect(distance(2 ** -24, 0)).toBe(2 ** -25);
      expect(distance(Infinity, 65_519)).toBe(1);
      expect(distance(65_504, 65_521)).toBe(1);
      expect(distance(Infinity, 1e9)).toBe(0);
    }
    expect(distanceToHalf(NaN, 1)).toBeNaN();
    expect(distanceToHalf(1, NaN)).toBeNaN();
  });

  it('has no number from 65,520 on but infinity', () => {
    expect(roundToHalf(65_519.999)).toBe(65_504);
    expect([65_520, 1e9, -65_520, -Infinity].map(roundToHalf)).toEqual([
      Infinity,
      Infinity,
      -Infinity,
      -Infinity,
    ]);
  });
});

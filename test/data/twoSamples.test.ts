import { describe, expect, it } from 'vitest';
import {
  energyDistance,
  ksDistance,
  ksGap,
  ksNoise,
  momentsOfSample,
  totalVariation,
  totalVariationNoise,
} from '../../src/data/twoSamples.ts';
import { normals, uniforms } from '../../src/random.ts';

describe('the Kolmogorov–Smirnov distance', () => {
  it('is the largest difference of the distribution functions, with ties', () => {
    expect(ksDistance([1, 2, 3, 4], [1, 2, 3, 4])).toBe(0);
    expect(ksDistance([1, 2], [3, 4])).toBe(1);
    expect(ksDistance([1, 1, 2, 3], [1, 2, 2, 3])).toBe(0.25);
    expect(ksDistance([1, 2, 3], [2])).toBeCloseTo(2 / 3 - 0 - 1 / 3);
  });

  it('is below its noise bound for samples of one distribution, and above it for shifted ones', () => {
    const [a, b] = [[...normals(1, 0, 2000)], [...normals(2, 0, 2000)]];
    expect(ksDistance(a, b)).toBeLessThan(ksNoise(2000, 2000));
    expect(
      ksDistance(
        a,
        b.map((value) => value + 0.3),
      ),
    ).toBeGreaterThan(ksNoise(2000, 2000));
  });
});

describe('where two samples differ most', () => {
  it('is the value up to which their shares differ most, with infinite values in their place', () => {
    expect(ksGap([1, 2, 3, 4], [3, 3, 4, 4])).toEqual({ distance: 0.5, at: 2, shares: [0.5, 0] });
    expect(ksGap([1, 2], [1, 2])).toEqual({ distance: 0, at: NaN, shares: [0, 0] });
    expect(ksGap([-Infinity, 1], [1, Infinity])).toEqual({ distance: 0.5, at: -Infinity, shares: [0.5, 0] });
  });
});

describe('the total variation', () => {
  it('is the share of the rows that would have to move', () => {
    expect(totalVariation([0.5, 0.3, 0.2], [0.5, 0.1, 0.4])).toBeCloseTo(0.2);
    expect(totalVariation([1, 0], [0, 1])).toBe(1);
  });

  it('stays below its bound in 99 % of 500 pairs of samples, which reach a third of it', () => {
    const [levels, rows] = [5, 400];
    const drawn = uniforms(3, 0, 1000 * rows);
    const shares = Array.from({ length: 1000 }, (_, sample) => {
      const counts = Array.from({ length: levels }, () => 0);
      for (const value of drawn.subarray(sample * rows, (sample + 1) * rows)) {
        const level = Math.floor(levels * value * value);
        counts[level] = (counts[level] ?? 0) + 1 / rows;
      }
      return counts;
    });
    const distances = shares.flatMap((one, i) =>
      i % 2 === 0 ? totalVariation(one, shares[i + 1] ?? []) : [],
    );
    const bound = totalVariationNoise(shares[0] ?? [], rows, rows, 0.01);
    expect(distances.filter((distance) => distance > bound).length).toBeLessThanOrEqual(5);
    expect(bound).toBeLessThan(3 * Math.max(...distances));
  });
});

describe('the energy distance', () => {
  it('is 0 for equal samples and 1 for two different points', () => {
    const x = Float64Array.of(1, 2, 3, 4);
    expect(energyDistance(x, x, 2)).toBe(0);
    expect(energyDistance(Float64Array.of(1), Float64Array.of(5), 1)).toBe(1);
  });

  it('is about the mean of 1/n and 1/m for samples of one distribution, and larger for others', () => {
    const [a, b] = [normals(1, 0, 1000), normals(2, 0, 1000)];
    expect(energyDistance(a, b, 2)).toBeLessThan(3 / 500);
    const other = b.map((value) => 1.3 * value);
    expect(energyDistance(a, other, 2)).toBeGreaterThan(3 / 500);
  });
});

it('the moments of a sample are its mean, population deviation and skewness', () => {
  const { mean, sd, skewness } = momentsOfSample([0, 0, 0, 4]);
  expect([mean, sd]).toEqual([1, Math.sqrt(3)]);
  expect(skewness).toBeCloseTo(2 / Math.sqrt(3));
});

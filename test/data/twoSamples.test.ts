import { describe, expect, it } from 'vitest';
import { energyDistance, ksDistance, ksNoise, momentsOfSample } from '../../src/data/twoSamples.ts';
import { normals } from '../../src/random.ts';

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

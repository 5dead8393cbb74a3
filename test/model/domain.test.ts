import { describe, expect, it } from 'vitest';
import { fromDomain, intoDomain, scaleOf } from '../../src/model/domain.ts';

describe.each([
  ['positive', 1],
  ['positive', 1.6e5],
  ['positive', 1e-4],
  ['unit', 1],
] as const)('the map of a %s feature of scale %f', (domain, scale) => {
  const values = [0.01, 0.2, 0.7, 0.99, ...(domain === 'unit' ? [] : [3, 20])].map((x) => scale * x);

  it.each(values)('has the slope of its numeric derivative at %f', (x) => {
    const step = 1e-6 * x;
    const image = (value: number): number => fromDomain(domain, value, scale).image;
    const slope = (image(x + step) - image(x - step)) / (2 * step);
    expect(fromDomain(domain, x, scale).logDerivative).toBeCloseTo(Math.log(slope), 7);
  });

  it.each(values)('is undone at %f, and the two slopes cancel', (x) => {
    const { image, logDerivative } = fromDomain(domain, x, scale);
    const back = intoDomain(domain, image, scale);
    expect(back.value / x).toBeCloseTo(1, 12);
    expect(back.logDerivative).toBeCloseTo(-logDerivative, 10);
  });
});

describe('the scale of a positive column', () => {
  it('is its mean as float32 has it, and one that float32 divides by', () => {
    expect(scaleOf(0.1)).toBe(Math.fround(0.1));
    expect(scaleOf(2 ** -140)).toBe(2 ** -126);
    expect(scaleOf(3e38)).toBe(2 ** 126);
  });
});

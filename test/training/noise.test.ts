import { describe, expect, it } from 'vitest';
import { glow } from '../../src/presets/index.ts';
import { normals } from '../../src/random.ts';
import { noiseFactor } from '../../src/training/noise.ts';

const ROWS = 200;
const z = normals(1, 7, 2 * ROWS);
/** Two correlated columns, and one of two values. */
const rows = Float64Array.from({ length: 3 * ROWS }, (_, at) => {
  const [row, column] = [Math.floor(at / 3), at % 3];
  const [first, second] = [z[2 * row] ?? NaN, z[2 * row + 1] ?? NaN];
  return column === 0 ? 3 * first : column === 1 ? first + second : first > 0 ? 1 : 0;
});

describe('the noise of training rows', () => {
  it('has the covariance of the rows times the square of the jitter', () => {
    const pairs = rows.filter((_, at) => at % 3 < 2);
    const [a = NaN, above = NaN, b = NaN, c = NaN] = noiseFactor(glow(2), pairs, 0.1);
    expect(above).toBe(0);
    const covariance = (j: number, k: number): number =>
      pairs.reduce((sum, value, at) => (at % 2 === j ? sum + value * (pairs[at - j + k] ?? NaN) : sum), 0) /
      ROWS;
    expect(a * a).toBeCloseTo(0.01 * covariance(0, 0), 2);
    expect(a * b).toBeCloseTo(0.01 * covariance(0, 1), 2);
    expect(b * b + c * c).toBeCloseTo(0.01 * covariance(1, 1), 2);
  });

  it('leaves out columns of few values, which it would blur, and bounded columns', () => {
    const factor = noiseFactor(glow(3, { domain: ['real', 'real', 'real'] }), rows, 0.1);
    expect([...factor.subarray(6)]).toEqual([0, 0, 0]);
    expect(factor[4]).toBeGreaterThan(0);
    const bounded = noiseFactor(glow(3, { domain: ['real', 'unit', 'real'] }), rows, 0.1);
    expect([...bounded.subarray(3)]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

import { describe, expect, it } from 'vitest';
import { coverageOf } from '../../../src/cli/report/coverage.ts';
import { normals } from '../../../src/random.ts';

describe('the coverage', () => {
  it('is the diagonal, within its bound, if rows are as likely as samples', () => {
    const { curve, distance, bound, in90, below } = coverageOf(normals(1, 0, 2000), normals(2, 0, 5000));
    expect(distance).toBeLessThan(bound);
    for (const { content, rows } of curve) expect(Math.abs(rows - content)).toBeLessThanOrEqual(bound);
    expect([curve[0], curve.at(-1)]).toEqual([
      { content: 0, rows: 0 },
      { content: 1, rows: 1 },
    ]);
    expect(in90).toBeCloseTo(0.9, 1);
    expect(below).toBeLessThanOrEqual(3);
  });

  it('lies below the diagonal if rows are less likely than samples, and counts those that no sample reaches', () => {
    const { in90, distance, bound, below, farthest } = coverageOf(
      normals(1, 0, 2000).map((value) => value - 2),
      normals(2, 0, 5000),
    );
    expect(distance).toBeGreaterThan(bound);
    expect(in90).toBeLessThan(0.5);
    expect(farthest.content - farthest.rows).toBeCloseTo(distance, 1);
    expect(below).toBeGreaterThan(20);
  });

  it('takes the exact shares of few values, with rows without density', () => {
    const { curve, in90, below } = coverageOf([-Infinity, 1, 2, 3], [1, 2, 3, 4]);
    expect(curve[50]).toEqual({ content: 0.5, rows: 0.25 });
    expect(in90).toBe(0.75);
    expect(below).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { farApart, lattice, plane, rowsOfClass, spreadRows } from '../../demo/engine/pictures/pointSets.ts';

describe('the lattice', () => {
  const { lines, pointsPerLine, points, offsets } = lattice(3, 0.5, 7);

  it('has upright and level lines through every step, the middle ones last', () => {
    expect(lines).toBe(26);
    expect(points).toHaveLength(2 * lines * pointsPerLine);
    expect(offsets.slice(0, 4)).toEqual(Float32Array.of(3, 3, 3, 3));
    expect(offsets.slice(-2)).toEqual(new Float32Array(2));
  });

  it('runs from one side to the other along each line', () => {
    const line = points.subarray(0, 2 * pointsPerLine);
    const [x, y] = [0, 1].map((axis) => line.filter((_, i) => i % 2 === axis));
    expect([...x!]).toEqual([-3, -3, -3, -3, -3, -3, -3]);
    expect([...y!]).toEqual([-3, -2, -1, 0, 1, 2, 3]);
  });
});

describe('a plane of two columns', () => {
  it('has the other features at their value, and repeats the last row after the end', () => {
    const columns = plane(Float32Array.of(1, 2, 3, 4), [2, 0], [7, 8, 9], 4);
    expect([...columns]).toEqual([2, 4, 4, 4, 8, 8, 8, 8, 1, 3, 3, 3]);
  });
});

describe('rows to show', () => {
  const rows = Float32Array.from({ length: 20 }, (_, i) => i);

  it('are spread over all of them, or all', () => {
    expect([...spreadRows(rows, 2, 5)]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 16, 17]);
    expect(spreadRows(rows, 2, 50)).toBe(rows);
  });

  it('lie far apart, each once', () => {
    expect(farApart(rows, 2, 3)).toEqual([0, 9, 4]);
    expect(farApart(rows, 2, 99)).toHaveLength(10);
    expect(new Set(farApart(rows, 2, 99)).size).toBe(10);
  });

  it('are as few as there are different ones, as in a table of zeros and ones', () => {
    const coins = Float32Array.of(0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1);
    expect(farApart(coins, 2, 10)).toEqual([0, 2, 4]);
  });
});

describe('the rows of a class', () => {
  const rows = Float32Array.from({ length: 12 }, (_, i) => i);
  const classes = Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0);

  it('have room for those of the largest, so that any class fits', () => {
    const of = (shown: number, most: number) =>
      rowsOfClass(rows, 2, { rows: classes, width: 2, shown }, most);
    expect(of(0, 10)).toEqual({ rows: Float32Array.of(0, 1, 4, 5, 6, 7, 10, 11), count: 4 });
    expect(of(1, 10)).toEqual({ rows: Float32Array.of(2, 3, 8, 9, 0, 0, 0, 0), count: 2 });
    expect(of(0, 2)).toEqual({ rows: Float32Array.of(0, 1, 6, 7), count: 2 });
    expect(of(1, 2).count).toBe(2);
  });
});

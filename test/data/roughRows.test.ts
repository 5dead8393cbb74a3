import { describe, expect, it } from 'vitest';
import { roughRows } from '../../src/data/roughRows.ts';
import { normals } from '../../src/random.ts';

const NAMES = ['a', 'b'];
const rows = Float64Array.from(normals(1, 5, 400));
const told = (values: Float64Array): string[] => roughRows(values, NAMES);

describe('the warnings about rows', () => {
  it('name no good rows', () => {
    expect(told(rows)).toEqual([]);
    expect(told(rows.with(6, 30))).toEqual([]);
  });

  it.each([1e38, -1e6])('name the row and the column of %d among normal values', (value) => {
    const [warning, ...others] = told(rows.with(15, value));
    expect(others).toEqual([]);
    expect(warning).toMatch(/^b: rows far out \(row 8\) make its standard deviation more than 100 times/);
  });

  it('name few rows, and few different rows', () => {
    expect(told(rows.slice(0, 4))).toEqual([
      'Only 2 rows to learn from: the model can only learn them by heart, and its scores mean little.',
    ]);
    expect(told(rows.map((_, i) => rows[i % 18] ?? NaN))[0]).toMatch(/^Only 9 different rows among 200:/);
  });

  it('look only at cells that are values, not intervals', () => {
    const widths = Float32Array.from(rows, (_, i) => (i % 2 === 0 ? 0.5 : 0));
    const values = rows.map((value, i) => (i % 2 === 0 ? 0.25 : value));
    expect(roughRows(values, NAMES, widths)).toEqual([]);
    expect(roughRows(values.with(15, 1e9).with(14, 1e9), NAMES, widths)).toEqual([
      expect.stringMatching(/^b: rows far out \(row 8\)/),
    ]);
    const copies = values.map((_, i) => values[i % 18] ?? NaN);
    expect(roughRows(copies, NAMES, widths)[0]).toMatch(/^Only 9 different rows/);
    expect(roughRows(copies, NAMES, widths.fill(0.5))).toEqual([]);
    expect(roughRows(values.slice(0, 4), NAMES, widths.slice(0, 4))[0]).toMatch(/^Only 2 rows/);
  });
});

import { describe, expect, it } from 'vitest';
import { contextFeatures, contextNames, encodeContext } from '../../src/model/context.ts';
import type { ContextColumn } from '../../src/model/context.ts';
import { DataError, ShapeError } from '../../src/errors.ts';

const COLUMNS: ContextColumn[] = [
  { name: 'moon', levels: ['lower', 'upper'] },
  { name: 'age', mean: 30, std: 4 },
  { name: 'year', levels: ['1', '2', '3'] },
];

describe('a context', () => {
  it('is one feature a label, and one for a column of numbers, standardised', () => {
    expect(contextFeatures(COLUMNS)).toBe(6);
    expect(contextNames(COLUMNS)).toEqual(['moon=lower', 'moon=upper', 'age', 'year=1', 'year=2', 'year=3']);
    const rows = [
      ['upper', 32, 1],
      ['lower', '28', '3'],
    ];
    expect(encodeContext(COLUMNS, rows)).toEqual(Float32Array.of(0, 1, 0.5, 1, 0, 0, 1, 0, -0.5, 0, 0, 1));
    expect(encodeContext(COLUMNS, [])).toEqual(new Float32Array());
  });

  it('is refused with its row and column where a value is none that the column has', () => {
    const encoded =
      (...row: (string | number)[]) =>
      () =>
        encodeContext(COLUMNS, [['upper', 30, 1], row]);
    expect(encoded('left', 30, 1)).toThrow(
      /row 2, column "moon": found "left", expected one of "lower", "upper"/,
    );
    expect(encoded('upper', 'old', 1)).toThrow(/row 2, column "age": found "old", expected a number/);
    for (const value of ['', ' ', NaN, Infinity, 1e39, '1e39', '0x10', ' 0b11', '0O7']) {
      expect(encoded('upper', value, 1), String(value)).toThrow(DataError);
    }
    expect(encoded('upper', 30)).toThrow(ShapeError);
    expect(encoded('upper', 30)).toThrow(
      /context row 2: found 2 values, expected 3, one for each of moon, age, year/,
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnStatistics } from '../../src/data/statistics.ts';
import { DataError, ShapeError } from '../../src/errors.ts';

function failure(values: number[], dim: number, names?: string[]): DataError {
  try {
    columnStatistics(Float32Array.from(values), dim, names);
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('the statistics were computed without an error');
}

describe('columnStatistics', () => {
  it('gives the mean and the population standard deviation of each column', () => {
    const { mean, std } = columnStatistics(Float32Array.of(1, 10, 3, 30, 5, 50, 7, 70), 2);
    expect([...mean]).toEqual([4, 40]);
    expect(std[0]).toBeCloseTo(Math.sqrt(5), 12);
    expect(std[1]).toBeCloseTo(10 * Math.sqrt(5), 12);
  });

  it('keeps the spread of data far from zero, where Σx² − n·mean² would lose it', () => {
    const values = Float32Array.from({ length: 1000 }, (_, row) => 16_000_000 + 16 * (row % 2));
    const { mean, std } = columnStatistics(values, 1);
    expect(mean[0]).toBe(16_000_008);
    // Every difference from the mean is exactly ±8; sums of 1.6e7² do not fit into 53 bits.
    expect(std[0]).toBe(8);
  });

  it('standardises any data to mean 0 and spread 1', () => {
    const column = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), {
      minLength: 2,
      maxLength: 50,
    });
    fc.assert(
      fc.property(column, fc.integer({ min: -1000, max: 1000 }), (values, offset) => {
        const data = Float32Array.from(values, (value) => value + offset);
        fc.pre(Math.max(...data) - Math.min(...data) > 0.01);
        const { mean, std } = columnStatistics(data, 1);
        const z = Array.from(data, (value) => (value - mean[0]!) / std[0]!);
        const average = z.reduce((sum, value) => sum + value, 0) / z.length;
        const variance = z.reduce((sum, value) => sum + value ** 2, 0) / z.length;
        // float64 rounding of the mean, 2000 · 2⁻⁵², over a spread of 0.01 / √50 at least.
        expect(Math.abs(average)).toBeLessThan(1e-9);
        expect(variance).toBeCloseTo(1, 9);
      }),
    );
  });

  it('measures bounded columns as a flow maps them, positive ones in units of their mean', () => {
    const prices = [2e4, 5e4, 8e4, 9e4];
    const rows = Float32Array.from(prices.flatMap((price, i) => [price, -price, 0.2 * (i + 1)]));
    const { mean, std, scale } = columnStatistics(rows, 3, undefined, ['positive', 'real', 'unit']);
    expect([...scale]).toEqual([6e4, 1, 1]);
    const mapped = prices.map((price) => Math.log(Math.expm1(price / 6e4)));
    const average = mapped.reduce((sum, value) => sum + value, 0) / 4;
    expect(mean[0]).toBeCloseTo(average, 12);
    expect(std[0]).toBeCloseTo(Math.sqrt(mapped.reduce((sum, z) => sum + (z - average) ** 2, 0) / 4), 12);
    expect([mean[1], mean[2]]).toEqual([-6e4, expect.closeTo(0, 6)]);
  });

  it('tells the value of a constant column as the data have it, whatever its domain', () => {
    const rows = Float32Array.of(7, 7, 7);
    expect(() => columnStatistics(rows, 1, ['a'], ['positive'])).toThrow('every value is 7 as far');
  });

  it('names every constant column', () => {
    expect(failure([1, 5, 2, 5], 2, ['a', 'b'])).toMatchObject({ column: 'b' });
    expect(failure([1, 0, 2, 1, 0, 3], 3, ['a', 'b', 'c']).message).toContain('in "a", "b",');
    expect(failure([7, 0, 7, 0], 2, ['a', 'b']).message).toContain('"a", "b"');
    expect(failure([0, 0], 1).message).toContain('"x1"');
  });

  it('takes a column whose spread is only float32 rounding for constant', () => {
    const error = failure([1e9, 1e9 + 64, 1e9, 1e9 + 64], 1, ['time']);
    expect(error.column).toBe('time');
    expect(error.message).toContain('subtract a large common offset');
    expect(columnStatistics(Float32Array.of(1e9, 1e9 + 1024), 1).std[0]).toBe(512);
  });

  it('tells float64 columns apart that float32 would take for constant', () => {
    const columns = [1.7e12, 5.4e6, -2, 0];
    const rows = Float64Array.from({ length: 4000 }, (_, i) => {
      const swing = i % 8 < 4 ? -1 : 1;
      return (columns[i % 4] ?? 0) + swing * ([1000, 0.5, 0.25, 4][i % 4] ?? 0);
    });
    const { mean, std, offset } = columnStatistics(rows, 4);
    expect([...mean]).toEqual(columns);
    expect([...std]).toEqual([1000, 0.5, 0.25, 4]);
    expect([...offset]).toEqual([1.7e12, 5.4e6, 0, 0]);
  });

  it('takes as an offset a round number within a spread of the mean, once float32 steps are 2⁻¹² of the spread', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        (mean, std) => {
          const { offset, std: found } = columnStatistics(Float64Array.of(mean - std, mean + std), 1);
          const step = 2 ** (Math.floor(Math.log2(mean)) - 23);
          fc.pre(Math.abs(step / std - 2 ** -12) > 2 ** -16);
          expect(offset[0] !== 0).toBe(step > 2 ** -12 * std);
          const apart = offset[0] === 0 ? 0 : Math.abs(offset[0]! - mean);
          expect(apart).toBeLessThanOrEqual(found[0]! * (1 + 1e-6));
        },
      ),
    );
  });

  it('measures float64 rows without an offset as the float32 that the flow sees', () => {
    const exact = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i) / 3 + 2);
    const single = new Float32Array(exact);
    for (const domains of [undefined, ['positive', 'real', 'real'] as const]) {
      const one = columnStatistics(single, 3, undefined, domains);
      const other = columnStatistics(exact, 3, undefined, domains);
      for (const part of ['mean', 'meanLeft', 'std', 'scale', 'offset'] as const) {
        expect(other[part]).toEqual(one[part]);
      }
    }
  });

  it.each([1e-38, 3e-37, 2e37])(
    'refuses a spread of %s, which float32 cannot standardize, by name',
    (spread) => {
      for (const Numbers of [Float32Array, Float64Array]) {
        const rows = Numbers.of(1, -spread, 2, spread, 3, -spread, 4, spread);
        expect(() => columnStatistics(rows, 2, ['a', 'b'])).toThrow(
          /^column "b": found a spread of .*e[-+]3\d, expected/,
        );
      }
    },
  );

  it('refuses float64 values that float32 does not have', () => {
    expect(() => columnStatistics(Float64Array.of(1, 1e39), 1, ['a'])).toThrow(
      'row 2, column "a": found 1e+39, expected a number below 3.4e38',
    );
  });

  it.each([NaN, Infinity, -Infinity])('refuses %s with its row and column', (bad) => {
    const error = failure([1, 2, 3, 4, 5, bad], 2, ['a', 'b']);
    expect(error).toMatchObject({ row: 3, column: 'b' });
    expect(error.message).toContain(`found ${bad}`);
  });

  it('refuses fewer than two rows', () => {
    expect(failure([1, 2], 2).message).toContain('found 1 row, expected at least 2');
    expect(failure([], 2).message).toContain('found 0 rows');
  });

  it('refuses values that are not whole rows and names that do not fit', () => {
    expect(() => columnStatistics(new Float32Array(3), 2)).toThrow(ShapeError);
    expect(() => columnStatistics(new Float32Array(4), 2, ['a'])).toThrow(ShapeError);
  });
});

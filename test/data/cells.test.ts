import { describe, expect, it } from 'vitest';
import { drawCells, logMassOf } from '../../src/data/cells.ts';

/** N rows with the same cells. */
function rowsOf(cells: readonly [value: number, width: number][], rows: number) {
  const repeat = (at: 0 | 1): number[] =>
    Array.from({ length: rows }, () => cells.map((cell) => cell[at])).flat();
  return { values: Float64Array.from(repeat(0)), widths: Float32Array.from(repeat(1)) };
}

describe('drawCells', () => {
  it('keeps values, draws from intervals and from normals', () => {
    const { values, logVolume } = drawCells(
      rowsOf(
        [
          [3, 0],
          [1, 2],
          [-1, -0.5],
        ],
        1000,
      ),
      3,
      { seed: 1 },
    );
    const column = (c: number): number[] => [...values].filter((_, i) => i % 3 === c);
    expect(column(0).every((value) => value === 3)).toBe(true);
    expect(Math.min(...column(1))).toBeGreaterThan(1);
    expect(Math.max(...column(1))).toBeLessThan(3);
    expect(new Set(column(1)).size).toBe(1000);
    const z = column(2).map((value) => (value + 1) / 0.5);
    expect(Math.abs(z.reduce((a, b) => a + b, 0) / 1000)).toBeLessThan(5 / Math.sqrt(1000));
    // −log q: log 2 for the interval, and the normal's own.
    logVolume.forEach((volume, i) => {
      const normal = -0.5 * (z[i] ?? NaN) ** 2 - Math.log(0.5 * Math.sqrt(2 * Math.PI));
      expect(volume).toBeCloseTo(Math.log(2) - normal, 6);
    });
  });

  it('gives each row its own points, whether drawn in one piece or several', () => {
    const whole = drawCells(rowsOf([[0, 1]], 10), 1, { seed: 5, draws: 3 });
    const rest = drawCells(rowsOf([[0, 1]], 6), 1, { seed: 5, draws: 3, firstRow: 4 });
    expect([...rest.values]).toEqual([...whole.values.subarray(12)]);
    expect(new Set(whole.values).size).toBe(30);
    const other = drawCells(rowsOf([[0, 1]], 10), 1, { seed: 6, draws: 3 });
    expect([...other.values]).not.toEqual([...whole.values]);
  });
});

describe('logMassOf', () => {
  it('is the mass of a cell under a known density', () => {
    // The mass of [0.5, 2) under a standard exponential, and of any value of a second, independent feature.
    const draws = 4096;
    const { values, logVolume } = drawCells(
      rowsOf(
        [
          [0.5, 1.5],
          [0, -1],
        ],
        1,
      ),
      2,
      { seed: 3, draws },
    );
    const logProb = Float64Array.from({ length: draws }, (_, k) => {
      const [x = NaN, filler = NaN] = values.subarray(2 * k);
      return -x - 0.5 * (filler / 1.2) ** 2 - Math.log(1.2 * Math.sqrt(2 * Math.PI));
    });
    const exact = Math.log(Math.exp(-0.5) - Math.exp(-2));
    expect(logMassOf(logProb, logVolume, draws)[0]).toBeCloseTo(exact, 1);
    expect(Math.abs((logMassOf(logProb, logVolume, draws)[0] ?? NaN) - exact)).toBeLessThan(0.04);
  });

  it('stays finite for far rows, and is −∞ without density', () => {
    expect(logMassOf(Float64Array.of(-2000, -2001), new Float64Array(2), 2)[0]).toBeCloseTo(-2000.38, 1);
    expect(logMassOf(Float64Array.of(-Infinity, -Infinity), new Float64Array(2), 2)[0]).toBe(-Infinity);
  });
});

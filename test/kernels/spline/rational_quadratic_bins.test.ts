import { describe, expect, it } from 'vitest';
import { rationalQuadraticBins, tableLength } from '../../../src/kernels/spline/rational_quadratic_bins.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';
import { rawParameters, sharedSplines } from './splines.ts';

/** Half of the bound on an image, which has other errors too. */
const F32_BOUND = 5e-6;

describe('rational_quadratic_bins', () => {
  it.each([
    [1, 2],
    [3, 5],
    [63, 8],
    [65, 3],
    [2, 64],
  ])('matches its twin at %i features, %i bins', async (features, bins) => {
    const splines = sharedSplines(features, bins);
    const { gpu, twin } = await runBoth([rationalQuadraticBins(splines)], {
      parameters: rawParameters(splines),
      table: new Float32Array(tableLength(splines)).fill(NaN),
    });
    expectClose('table', gpu('table'), twin('table'), F32_BOUND);
  });

  it.each([2, 7, 8, 64])('puts %i bins from end to end, and in order', async (bins) => {
    for (const scale of [1, 10, 100, 1e4]) {
      const splines = sharedSplines(1, bins);
      const { gpu } = await runBoth([rationalQuadraticBins(splines)], {
        parameters: rawParameters(splines, scale),
        table: tableLength(splines),
      });
      const table = gpu('table');
      for (const axis of [0, 2]) {
        const starts = Array.from({ length: bins }, (_, k) => table[8 * k + axis]!);
        const ends = Array.from({ length: bins }, (_, k) => table[8 * k + axis]! + table[8 * k + axis + 1]!);
        expect(starts[0]).toBe(-3);
        expectClose('last end', [ends.at(-1)!], [3], 1e-6);
        expectClose('ends', ends.slice(0, -1), starts.slice(1), 1e-6);
        expect(starts.every((start, k) => k === 0 || start > starts[k - 1]!)).toBe(true);
      }
    }
  });
});

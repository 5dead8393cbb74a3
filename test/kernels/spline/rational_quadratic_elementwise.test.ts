import { describe, expect, it } from 'vitest';
import { rationalQuadraticBins, tableLength } from '../../../src/kernels/spline/rational_quadratic_bins.ts';
import { rationalQuadraticElementwise } from '../../../src/kernels/spline/rational_quadratic_elementwise.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BothResults } from '../harness.ts';
import { rawParameters, sharedSplines } from './splines.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

interface Run {
  features?: number;
  bins?: number;
  scale?: number;
  start?: number;
  accumulate?: boolean;
  ways?: ('forward' | 'inverse')[];
}

/** Runs splines whose raw numbers are up to `scale` on the state, one way after the other. */
function run(
  state: Float32Array,
  logDet: Float32Array,
  { features = 1, bins = 8, scale = 1, start = 0, accumulate = false, ways = ['forward'] }: Run,
): Promise<BothResults> {
  const splines = sharedSplines(features, bins, start);
  const rows = logDet.length;
  const steps = ways.map((way, step) =>
    rationalQuadraticElementwise({
      ...splines,
      rows,
      inverse: way === 'inverse',
      accumulate: accumulate || step > 0,
      state: 'state',
      logDet: 'log_det',
      keptX: way === 'forward' ? 'kept_x' : undefined,
    }),
  );
  return runBoth([rationalQuadraticBins(splines), ...steps], {
    parameters: rawParameters(splines, scale),
    table: tableLength(splines),
    state,
    log_det: logDet,
    kept_x: features * rows,
  });
}

describe('rational_quadratic_elementwise', () => {
  describe.each(['forward', 'inverse'] as const)('%s', (way) => {
    it.each([
      [4, 1, 8],
      [60, 2, 2],
      [64, 3, 5],
      [68, 5, 8],
      [260, 65, 3],
      [1028, 3, 8],
    ])('matches its twin at %i rows, %i features, %i bins', async (rows, features, bins) => {
      // Some rows lie beyond the bound. In narrower bins, float32 resolves a row's position less exactly.
      const state = ramp((features + 2) * rows, 3.5, 5);
      for (const accumulate of [false, true]) {
        const before = accumulate ? ramp(rows, 2) : new Float32Array(rows).fill(NaN);
        const options = { features, bins, start: 1, accumulate, ways: [way] };
        const { gpu, twin } = await run(state, before, options);
        expectClose('state', gpu('state'), twin('state'), F32_BOUND);
        // The sum of the features' log-derivatives, each within the bound.
        expectClose('log_det', gpu('log_det'), twin('log_det'), features * F32_BOUND);
        expect(gpu('state').slice(0, rows)).toEqual(state.slice(0, rows));
        expect(gpu('state').slice(-rows)).toEqual(state.slice(-rows));
        const kept = way === 'forward' ? state.slice(rows, -rows) : new Float32Array(features * rows);
        expect(gpu('kept_x')).toEqual(kept);
      }
    });

    it('is the identity, to the bit, beyond the bound', async () => {
      const far = Float32Array.of(-1e30, -4, 4, 1e30, -3.0000002, 3.0000002, -Infinity, Infinity);
      const { gpu } = await run(far, new Float32Array(8).fill(NaN), { scale: 2, ways: [way] });
      expect(gpu('state')).toEqual(far);
      expect(gpu('log_det')).toEqual(new Float32Array(8));
    });

    it('rises and stays finite and within the bound whatever the raw numbers are', async () => {
      const rows = 256;
      const state = Float32Array.from({ length: rows }, (_, r) => -3 + (6 * r) / (rows - 1));
      for (const scale of [1, 10, 100, 1e4]) {
        const { gpu } = await run(state, new Float32Array(rows), { scale, ways: [way] });
        const images = [...gpu('state')];
        expect(images.every((image, r) => r === 0 || image >= images[r - 1]!)).toBe(true);
        expect(images.every((image) => Math.abs(image) <= 3.00001)).toBe(true);
        expect([...gpu('log_det')].every(Number.isFinite)).toBe(true);
      }
    });
  });

  it.each([2, 8, 16])('is undone by its inverse at %i bins, with the same log-det', async (bins) => {
    const before = ramp(64 * 3, 3.5);
    const ways = ['forward', 'inverse'] as const;
    const { gpu } = await run(before, new Float32Array(64), {
      features: 3,
      bins,
      scale: 1.5,
      ways: [...ways],
    });
    expectClose('state', gpu('state'), before, INVERSE_BOUND);
    expectClose('log_det', gpu('log_det'), new Float32Array(64), 3 * INVERSE_BOUND);
  });

  it('is the identity where the raw numbers are zero, and meets it at the bound', async () => {
    const before = Float32Array.of(-3, -2.5, -1, 0, 1, 2.5, 3, 4);
    const { gpu } = await run(before, new Float32Array(8), { scale: 0 });
    expectClose('state', gpu('state'), before, 1e-6);
    expectClose('log_det', gpu('log_det'), new Float32Array(8), 1e-6);
    const ends = await run(Float32Array.of(-3, 3, -3, 3), new Float32Array(4), { scale: 2 });
    expectClose('ends', ends.gpu('state'), [-3, 3, -3, 3], 1e-6);
    expectClose('log-derivatives of the ends', ends.gpu('log_det'), [0, 0, 0, 0], F32_BOUND);
  });
});

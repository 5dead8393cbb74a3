import { describe, expect, it } from 'vitest';
import { rationalQuadraticBins, tableLength } from '../../../src/kernels/spline/rational_quadratic_bins.ts';
import { rationalQuadraticElementwise } from '../../../src/kernels/spline/rational_quadratic_elementwise.ts';
import {
  rationalQuadraticElementwiseBackward,
  splineSlices,
} from '../../../src/kernels/spline/rational_quadratic_elementwise_backward.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BothResults } from '../harness.ts';
import { rawParameters, sharedSplines } from './splines.ts';

const GRADIENT_BOUND = 1e-4;

interface Run {
  rows: number;
  features?: number;
  bins?: number;
  validRows?: number;
  scale?: number;
}

/** The backward pass of the x in `keptX`; the block begins at the second feature. */
function run(
  keptX: Float32Array,
  dState: Float32Array,
  { rows, features = 1, bins = 8, validRows = rows, scale = 1 }: Run,
): Promise<BothResults> {
  const splines = sharedSplines(features, bins, 1);
  const backward = rationalQuadraticElementwiseBackward({
    ...splines,
    rows,
    validRows,
    dLogDet: -1 / 37,
    keptX: 'kept_x',
    state: 'state',
    dState: 'd_state',
    dTable: 'd_table',
  });
  return runBoth([rationalQuadraticBins(splines), backward], {
    parameters: rawParameters(splines, scale),
    table: tableLength(splines),
    kept_x: keptX,
    state: (features + 1) * rows,
    d_state: dState,
    d_table: new Float32Array(splineSlices(rows).slices * tableLength(splines)).fill(NaN),
  });
}

describe('rational_quadratic_elementwise_backward', () => {
  it.each([
    [4, 1, 8],
    [60, 2, 2],
    [64, 3, 5],
    [68, 5, 8],
    [260, 65, 3],
    [1028, 3, 8],
  ])('matches its twin at %i rows, %i features, %i bins', async (rows, features, bins) => {
    const keptX = ramp(features * rows, 3.5, 5);
    const dState = ramp((features + 1) * rows, 0.5, 3);
    const { gpu, twin } = await run(keptX, dState, { rows, features, bins, validRows: rows - 3 });
    expect(gpu('state').slice(rows)).toEqual(keptX);
    expect(gpu('state').slice(0, rows)).toEqual(new Float32Array(rows));
    expect(gpu('d_state').slice(0, rows)).toEqual(dState.slice(0, rows));
    for (const name of ['d_state', 'd_table']) {
      expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
    }
  });

  it('gives no gradient to the bins of rows beyond the bound, nor of the padding', async () => {
    const keptX = Float32Array.of(5, -1e30, 1, 1);
    const { gpu } = await run(keptX, new Float32Array(8).fill(0.5), { rows: 4, validRows: 2 });
    expect(gpu('d_table')).toEqual(new Float32Array(64));
    expect(gpu('d_state').slice(4, 6)).toEqual(Float32Array.of(0.5, 0.5));
  });

  it('takes the x that rational_quadratic_elementwise kept, to the bit', async () => {
    const [rows, features] = [64, 3];
    const splines = sharedSplines(features, 8);
    const before = ramp(features * rows, 3.5);
    const common = { ...splines, rows, state: 'state', keptX: 'kept_x' };
    const { gpu } = await runBoth(
      [
        rationalQuadraticBins(splines),
        rationalQuadraticElementwise({ ...common, inverse: false, accumulate: false, logDet: 'log_det' }),
        rationalQuadraticElementwiseBackward({
          ...common,
          validRows: rows,
          dLogDet: -1,
          dState: 'd_state',
          dTable: 'd_table',
        }),
      ],
      {
        parameters: rawParameters(splines, 1.5),
        table: tableLength(splines),
        kept_x: features * rows,
        state: before,
        log_det: rows,
        d_state: features * rows,
        d_table: splineSlices(rows).slices * tableLength(splines),
      },
    );
    expect(gpu('state')).toEqual(before);
  });

  it('stays finite whatever the raw numbers are', async () => {
    const rows = 256;
    const keptX = Float32Array.from({ length: rows }, (_, r) => -3 + (6 * r) / (rows - 1));
    for (const scale of [10, 100, 1e4]) {
      const { gpu } = await run(keptX, ramp(2 * rows), { rows, scale });
      for (const name of ['d_state', 'd_table']) {
        expect([...gpu(name)].every(Number.isFinite), name).toBe(true);
      }
    }
  });
});

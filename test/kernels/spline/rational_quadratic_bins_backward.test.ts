import { describe, expect, it } from 'vitest';
import { tableLength } from '../../../src/kernels/spline/rational_quadratic_bins.ts';
import { rationalQuadraticBinsBackward } from '../../../src/kernels/spline/rational_quadratic_bins_backward.ts';
import { splineSlices } from '../../../src/kernels/spline/rational_quadratic_elementwise_backward.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { BEFORE, rawParameters, sharedSplines } from './splines.ts';

const GRADIENT_BOUND = 1e-4;

describe('rational_quadratic_bins_backward', () => {
  it.each([
    [4, 1, 8],
    [64, 3, 5],
    [1028, 65, 2],
    [100, 2, 64],
  ])('matches its twin at the slices of %i rows, %i features, %i bins', async (rows, features, bins) => {
    const splines = sharedSplines(features, bins);
    const parameters = rawParameters(splines);
    const before = ramp(parameters.length);
    const { gpu, twin } = await runBoth(
      [rationalQuadraticBinsBackward({ ...splines, rows, dTable: 'd_table', gradients: 'gradients' })],
      {
        parameters,
        d_table: ramp(splineSlices(rows).slices * tableLength(splines)),
        gradients: before,
      },
    );
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
    expect(gpu('gradients').slice(0, BEFORE)).toEqual(before.slice(0, BEFORE));
  });

  it('stays finite whatever the raw numbers are', async () => {
    const splines = sharedSplines(1, 8);
    for (const scale of [10, 100, 1e4]) {
      const parameters = rawParameters(splines, scale);
      const { gpu } = await runBoth(
        [rationalQuadraticBinsBackward({ ...splines, rows: 64, dTable: 'd_table', gradients: 'gradients' })],
        {
          parameters,
          d_table: ramp(splineSlices(64).slices * tableLength(splines)),
          gradients: parameters.length,
        },
      );
      expect([...gpu('gradients')].every(Number.isFinite)).toBe(true);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { splineForward } from '../../../src/kernels/spline/spline_forward.ts';
import type { SplineArguments } from '../../../src/kernels/spline/spline_forward.ts';
import { splineInverse } from '../../../src/kernels/spline/spline_inverse.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot, transformBlock } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

describe('spline_inverse', () => {
  it.each([
    [1, 1, 8],
    [63, 2, 2],
    [64, 3, 5],
    [65, 5, 8],
    [257, 65, 3],
    [1025, 3, 8],
  ])('matches its twin at %i rows, %i transformed features, %i bins', async (rows, features, bins) => {
    // Some of the rows lie beyond the bound. Narrower bins than these tell float32 less exactly where in them a row is.
    const { gpu, twin } = await runBoth([splineInverse(args(rows, features, bins))], {
      raw: ramp(features * (3 * bins - 1) * rows),
      state: ramp(features * rows, 3.5, 5),
      log_scale: features * rows,
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
  });

  it.each([2, 8, 16])('undoes spline_forward at %i bins, with the same log-slope', async (bins) => {
    const before = ramp(65 * 3, 3.5);
    const run = args(65, 3, bins);
    const { gpu } = await runBoth(
      [splineForward(run), splineInverse({ ...run, logScale: 'inverse_log_scale' })],
      {
        raw: ramp(3 * (3 * bins - 1) * 65, 1.5),
        state: before,
        log_scale: 195,
        inverse_log_scale: 195,
      },
    );
    expectClose('state', gpu('state'), before, INVERSE_BOUND);
    expectClose('log-slopes', gpu('inverse_log_scale'), gpu('log_scale'), INVERSE_BOUND);
  });

  it('takes the numbers of a tensor for all rows', async () => {
    const shared = tensorSlot('raw', [3, 14], 5);
    const { gpu, twin } = await runBoth([splineInverse({ ...args(65, 3, 5), shared })], {
      raw: ramp(5 + 42),
      state: ramp(3 * 65, 3.5, 5),
      log_scale: 3 * 65,
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_scale', gpu('log_scale'), twin('log_scale'), F32_BOUND);
  });

  it('is the identity, to the bit, beyond the bound', async () => {
    const far = [-1e30, -4, 4, 1e30];
    const { gpu } = await runBoth([splineInverse(args(4, 1, 8))], {
      raw: ramp(23 * 4, 2),
      state: Float32Array.of(...far),
      log_scale: new Float32Array(4).fill(NaN),
    });
    expect(gpu('state')).toEqual(Float32Array.of(...far));
    expect(gpu('log_scale')).toEqual(new Float32Array(4));
  });

  it('stays finite and within the bound whatever the raw numbers are', async () => {
    const [rows, bins] = [256, 8];
    for (const scale of [10, 100, 1e4]) {
      const { gpu } = await runBoth([splineInverse(args(rows, 1, bins))], {
        raw: ramp((3 * bins - 1) * rows, scale),
        state: Float32Array.from({ length: rows }, (_, r) => -3 + (6 * r) / (rows - 1)),
        log_scale: rows,
      });
      expect([...gpu('state')].every((x) => Math.abs(x) <= 3.00001)).toBe(true);
      expect([...gpu('log_scale')].every(Number.isFinite)).toBe(true);
    }
  });
});

function args(rows: number, features: number, bins: number): SplineArguments {
  return {
    rows,
    blocks: transformBlock(0, features),
    bins,
    bound: 3,
    raw: 'raw',
    state: 'state',
    logScale: 'log_scale',
  };
}

import { describe, expect, it } from 'vitest';
import { standardizeForward } from '../../../src/kernels/elementwise/standardize_forward.ts';
import { standardizeInverse } from '../../../src/kernels/elementwise/standardize_inverse.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { spreads, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('standardize_inverse', () => {
  describe.each([true, false])('with accumulate %s', (accumulate) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth([standardizeInverse({ ...args(rows, features, 0), accumulate })], {
        parameters: Float32Array.of(...ramp(features, 4), ...spreads(features)),
        state: ramp(features * rows, 3),
        log_det: ramp(rows, 9),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });
  });

  it('undoes standardize_forward, and the two log-dets cancel to the bit', async () => {
    const before = ramp(7 * 65, 9);
    const both = args(65, 7, 11);
    const { gpu } = await runBoth(
      [standardizeForward({ ...both, accumulate: false }), standardizeInverse({ ...both, accumulate: true })],
      {
        parameters: Float32Array.of(...new Float32Array(11).fill(NaN), ...ramp(7, 4), ...spreads(7)),
        state: before,
        log_det: 65,
      },
    );
    expectClose('state', gpu('state'), before, F32_BOUND);
    expect(gpu('log_det')).toEqual(new Float32Array(65));
  });

  it('starts from zero whatever the buffer held, even NaN', async () => {
    const { gpu } = await runBoth([standardizeInverse({ ...args(2, 1, 0), accumulate: false })], {
      parameters: Float32Array.of(0, 2),
      state: 2,
      log_det: new Float32Array(2).fill(NaN),
    });
    expectClose('log_det', gpu('log_det'), [Math.LN2, Math.LN2], F32_BOUND);
  });
});

function args(
  rows: number,
  features: number,
  start: number,
): Omit<Parameters<typeof standardizeInverse>[0], 'accumulate'> {
  return {
    rows,
    mean: tensorSlot('mean', [features], start),
    std: tensorSlot('std', [features], start + features),
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  };
}

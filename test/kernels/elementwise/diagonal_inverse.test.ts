import { describe, expect, it } from 'vitest';
import { diagonalForward } from '../../../src/kernels/elementwise/diagonal_forward.ts';
import type { DiagonalArguments } from '../../../src/kernels/elementwise/diagonal_forward.ts';
import { diagonalInverse } from '../../../src/kernels/elementwise/diagonal_inverse.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('diagonal_inverse', () => {
  describe.each([false, true])('with a bias: %s', (withBias) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth([diagonalInverse(args(rows, features, withBias, true))], {
        parameters: ramp(3 + 2 * features, 2),
        state: ramp(features * rows, 3, 5),
        log_det: ramp(rows, 9),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });

    it('undoes diagonal_forward, and the two log-dets cancel to the bit', async () => {
      const before = ramp(5 * 67, 3);
      const { gpu } = await runBoth(
        [diagonalForward(args(67, 5, withBias, false)), diagonalInverse(args(67, 5, withBias, true))],
        { parameters: ramp(13, 2), state: before, log_det: 67 },
      );
      expectClose('state', gpu('state'), before, F32_BOUND);
      expect(gpu('log_det')).toEqual(new Float32Array(67));
    });
  });

  it('starts the log-det where it does not add, whatever was there', async () => {
    const { gpu } = await runBoth([diagonalInverse(args(1, 2, false, false))], {
      parameters: Float32Array.of(9, 9, 9, 0.25, -1, 0, 0),
      state: Float32Array.of(1, 1),
      log_det: new Float32Array(1).fill(NaN),
    });
    expect(gpu('log_det')).toEqual(Float32Array.of(0.75));
  });
});

function args(rows: number, features: number, withBias: boolean, accumulate: boolean): DiagonalArguments {
  return {
    rows,
    logScale: tensorSlot('log_scale', [features], 3),
    ...(withBias ? { bias: tensorSlot('bias', [features], 3 + features) } : {}),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  };
}

import { describe, expect, it } from 'vitest';
import { diagonalForward } from '../../../src/kernels/elementwise/diagonal_forward.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('diagonal_forward', () => {
  describe.each([false, true])('with a bias: %s', (withBias) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth([dispatch(rows, features, withBias, true)], {
        parameters: ramp(3 + 2 * features, 2),
        state: ramp(features * rows, 3, 5),
        log_det: ramp(rows, 9),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });
  });

  it('starts the log-det where it does not add, whatever was there', async () => {
    const { gpu } = await runBoth([dispatch(2, 2, true, false)], {
      parameters: Float32Array.of(9, 9, 9, 0.25, -1, 3, 4),
      state: Float32Array.of(-3, 1, -4, 0),
      log_det: new Float32Array(2).fill(NaN),
    });
    expect(gpu('log_det')).toEqual(Float32Array.of(-0.75, -0.75));
    expectClose('state', gpu('state'), [0, 4 * Math.exp(0.25), 0, 4 * Math.exp(-1)], F32_BOUND);
  });

  it('is the identity, to the bit, where its tensors are zero', async () => {
    const before = ramp(130, 4);
    const { gpu } = await runBoth([dispatch(65, 2, true, false)], {
      parameters: 7,
      state: before,
      log_det: 65,
    });
    expect(gpu('state')).toEqual(before);
    expect(gpu('log_det')).toEqual(new Float32Array(65));
  });
});

function dispatch(
  rows: number,
  features: number,
  withBias: boolean,
  accumulate: boolean,
): ReturnType<typeof diagonalForward> {
  return diagonalForward({
    rows,
    logScale: tensorSlot('log_scale', [features], 3),
    ...(withBias ? { bias: tensorSlot('bias', [features], 3 + features) } : {}),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  });
}

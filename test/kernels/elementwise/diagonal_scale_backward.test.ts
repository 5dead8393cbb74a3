import { describe, expect, it } from 'vitest';
import { diagonalScaleBackward } from '../../../src/kernels/elementwise/diagonal_scale_backward.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

describe('diagonal_scale_backward', () => {
  describe.each([false, true])('with a bias: %s', (withBias) => {
    it.each([
      [1, 1],
      [255, 2],
      [256, 3],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth([dispatch(rows, features, withBias)], {
        parameters: ramp(3 + 2 * features, 2),
        state: ramp(features * rows, 3, 5),
        d_state: ramp(features * rows, 0.5, 3),
        gradients: ramp(3 + 2 * features, 0.1, 1),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      for (const name of ['d_state', 'gradients']) {
        expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
      }
    });
  });

  it('adds to the gradients of its own tensors alone', async () => {
    const [rows, features] = [5, 3];
    const before = ramp(3 + 2 * features + 2, 1, 2);
    const { gpu } = await runBoth([dispatch(rows, features, false)], {
      parameters: ramp(11),
      state: ramp(rows * features),
      d_state: ramp(rows * features),
      gradients: before,
    });
    const changed = [...gpu('gradients')].map((value, i) => value !== before[i]);
    expect(changed).toEqual(before.reduce<boolean[]>((all, _, i) => [...all, i >= 3 && i < 6], []));
  });

  it('counts the log-det of the rows before the padding', async () => {
    const { gpu } = await runBoth([dispatch(8, 2, false, 5)], {
      parameters: 7,
      state: ramp(16),
      d_state: 16,
      gradients: 7,
    });
    expectClose('gradients', gpu('gradients').slice(3, 5), [-5 / 37, -5 / 37], F32_BOUND);
  });
});

function dispatch(
  rows: number,
  features: number,
  withBias: boolean,
  validRows = rows,
): ReturnType<typeof diagonalScaleBackward> {
  return diagonalScaleBackward({
    rows,
    validRows,
    logScale: tensorSlot('log_scale', [features], 3),
    ...(withBias ? { bias: tensorSlot('bias', [features], 3 + features) } : {}),
    dLogDet: -1 / 37,
    parameters: 'parameters',
    state: 'state',
    dState: 'd_state',
    gradients: 'gradients',
  });
}

import { describe, expect, it } from 'vitest';
import { classConditionalShift } from '../../../src/kernels/base/class_conditional_shift.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('class_conditional_shift', () => {
  it.each([
    [1, 1, 1],
    [63, 2, 3],
    [64, 3, 1],
    [65, 5, 65],
    [257, 65, 7],
  ])('matches its twin at %i rows, %i features and %i of context', async (rows, features, contextCount) => {
    for (const sign of [1, -1] as const) {
      const { gpu, twin } = await runBoth([dispatch(rows, features, contextCount, sign)], {
        parameters: ramp(3 + features * contextCount, 0.5),
        context: ramp(contextCount * rows, 1, 5),
        state: ramp(features * rows, 3, 9),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    }
  });

  it('adds the column of the class, and no feature behind its own changes', async () => {
    const { gpu } = await runBoth([dispatch(2, 2, 3, 1)], {
      parameters: Float32Array.of(9, 9, 9, 1, 2, 3, 10, 20, 30),
      // The first row has class 2, the second class 0.
      context: Float32Array.of(0, 1, 0, 0, 1, 0),
      state: Float32Array.of(0.5, 0.5, 0.25, 0.25, 7, 7),
    });
    expect(gpu('state')).toEqual(Float32Array.of(3.5, 1.5, 30.25, 10.25, 7, 7));
  });
});

function dispatch(
  rows: number,
  features: number,
  contextCount: number,
  sign: 1 | -1,
): ReturnType<typeof classConditionalShift> {
  return classConditionalShift({
    rows,
    features,
    contextCount,
    mean: tensorSlot('base.mean', [features, contextCount], 3),
    sign,
    parameters: 'parameters',
    context: 'context',
    state: 'state',
  });
}

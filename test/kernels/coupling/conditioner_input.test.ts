import { describe, expect, it } from 'vitest';
import { conditionerInput } from '../../../src/kernels/coupling/conditioner_input.ts';
import { ramp, runBoth } from '../harness.ts';

describe('conditioner_input', () => {
  it.each([
    [1, 1, 1],
    [63, 2, 1],
    [64, 1, 3],
    [65, 5, 7],
    [257, 13, 65],
  ])(
    'copies what its twin copies, to the bit, at %i rows, %i features and %i of context',
    async (rows, condition, context) => {
      const features = condition + 3;
      const { gpu, twin } = await runBoth([dispatch(rows, 2, condition, context)], {
        state: ramp(features * rows, 3),
        context: ramp(context * rows, 2, 5),
        conditioner_input: (condition + context) * rows,
      });
      expect([...gpu('conditioner_input')]).toEqual([...twin('conditioner_input')]);
    },
  );

  it('puts the conditioning block first, then the context, and touches nothing behind them', async () => {
    const { gpu } = await runBoth([dispatch(2, 1, 2, 1)], {
      state: Float32Array.of(1, 2, 10, 20, 30, 40, 5, 6),
      context: Float32Array.of(-1, -2),
      conditioner_input: new Float32Array(8).fill(7),
    });
    expect(gpu('conditioner_input')).toEqual(Float32Array.of(10, 20, 30, 40, -1, -2, 7, 7));
  });
});

function dispatch(
  rows: number,
  conditionStart: number,
  conditionCount: number,
  contextCount: number,
): ReturnType<typeof conditionerInput> {
  return conditionerInput({
    rows,
    blocks: { conditionStart, conditionCount, transformStart: 0, transformCount: conditionStart },
    contextCount,
    state: 'state',
    context: 'context',
    conditionerInput: 'conditioner_input',
  });
}

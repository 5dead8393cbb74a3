/** Tests that the plain and the blocked kernel of a dense layer's backward pass share. */
import { expect, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import type { DenseBackwardInputArguments } from '../../../src/kernels/dense/dense_backward_input.ts';
import type { DenseSlots } from '../../../src/model/tensors.ts';
import { expectNormClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

/** @param sizes about six, the smallest four first */
export function testDenseBackwardInput(
  launch: (args: DenseBackwardInputArguments) => Dispatch,
  sizes: readonly [rows: number, inputs: number, outputs: number][],
): void {
  const dispatch = (
    rows: number,
    layer: DenseSlots,
    more: Partial<DenseBackwardInputArguments> = {},
  ): Dispatch =>
    launch({
      rows,
      layer,
      parameters: 'parameters',
      dOutput: 'd_output',
      outputStart: 0,
      dInput: 'd_input',
      inputStart: 0,
      ...more,
    });

  it.each(sizes)(
    'matches its twin below a hidden layer at %i rows, %i inputs, %i outputs',
    async (rows, inputs, outputs) => {
      const layer = denseSlots(inputs, outputs, 11);
      const { gpu, twin } = await runBoth(
        [dispatch(rows, layer, { derivative: 'derivative' })],
        contents(rows, layer),
      );
      expectNormClose('d_input', gpu('d_input'), twin('d_input'), GRADIENT_BOUND);
    },
  );

  it.each(sizes)(
    'adds to the gradient of the state at %i rows, %i inputs, %i outputs',
    async (rows, inputs, outputs) => {
      const layer = denseSlots(inputs, outputs, 11);
      const { gpu, twin } = await runBoth([dispatch(rows, layer, { add: true })], contents(rows, layer));
      expectNormClose('d_input', gpu('d_input'), twin('d_input'), GRADIENT_BOUND);
    },
  );

  it('adds below a hidden layer too, and sets where there is neither', async () => {
    const layer = denseSlots(5, 34, 11);
    for (const more of [{ derivative: 'derivative', add: true }, {}]) {
      const { gpu, twin } = await runBoth([dispatch(36, layer, more)], contents(36, layer));
      expectNormClose('d_input', gpu('d_input'), twin('d_input'), GRADIENT_BOUND);
    }
  });

  it('reads from and adds to the middle of wider buffers and leaves the rest alone', async () => {
    const layer = denseSlots(2, 3);
    const rows = 8;
    const before = ramp(6 * rows, 1, 9);
    const { gpu, twin } = await runBoth(
      [dispatch(rows, layer, { inputStart: 3, outputStart: 2, add: true })],
      {
        parameters: ramp(layer.bias.offset + 3),
        d_output: ramp(7 * rows),
        d_input: before,
      },
    );
    expectNormClose('d_input', gpu('d_input'), twin('d_input'), GRADIENT_BOUND);
    expect(gpu('d_input').slice(0, 3 * rows)).toEqual(before.slice(0, 3 * rows));
    expect(gpu('d_input').slice(5 * rows)).toEqual(before.slice(5 * rows));
  });

  it('gives the first inputs alone what they have among all, where the others want no gradient', async () => {
    const layer = denseSlots(13, 7, 11);
    const rows = 68;
    const given = contents(rows, layer);
    const some = await runBoth([dispatch(rows, layer, { inputs: 5 })], given);
    expectNormClose('d_input', some.gpu('d_input'), some.twin('d_input'), GRADIENT_BOUND);
    const all = await runBoth([dispatch(rows, layer)], given);
    expect(some.gpu('d_input').slice(0, 5 * rows)).toEqual(all.gpu('d_input').slice(0, 5 * rows));
    expect(some.gpu('d_input').slice(5 * rows)).toEqual((given['d_input'] as Float32Array).slice(5 * rows));
  });

  it('reads the derivative of the layer below from its start, wherever the result goes', async () => {
    const layer = denseSlots(2, 3);
    const rows = 8;
    const { gpu, twin } = await runBoth(
      [dispatch(rows, layer, { inputStart: 1, derivative: 'derivative' })],
      {
        ...contents(rows, layer),
        d_input: 3 * rows,
      },
    );
    expectNormClose('d_input', gpu('d_input'), twin('d_input'), GRADIENT_BOUND);
  });

  it.each(sizes.slice(0, 4))(
    'takes weights and derivatives of half precision at %i rows, %i inputs, %i outputs',
    async (rows, inputs, outputs) => {
      const layer = denseSlots(inputs, outputs, 11);
      for (const below of [{ derivative: 'derivative' }, {}]) {
        await expectHalfTwin([dispatch(rows, layer, { ...below, f16: true })], {
          contents: contents(rows, layer),
          halves: ['parameters', 'derivative'],
          gradients: ['d_input'],
        });
      }
    },
  );

  it('gives the same bits on every run', async () => {
    const layer = denseSlots(31, 64);
    const runs = [1, 2].map(() => runBoth([dispatch(260, layer)], contents(260, layer)));
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('d_input')).toEqual(second!.gpu('d_input'));
  });
}

function contents(rows: number, layer: DenseSlots): Record<string, Float32Array | number> {
  return {
    parameters: ramp(layer.bias.offset + layer.outputs),
    d_output: ramp(rows * layer.outputs, 2),
    derivative: ramp(rows * layer.inputs, 1, 3),
    d_input: ramp(rows * layer.inputs, 5, 7),
  };
}

/** Tests that the plain and the blocked kernel of a dense layer share. */
import { describe, expect, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import type { DenseForwardArguments } from '../../../src/kernels/dense/dense_forward.ts';
import type { DenseSlots } from '../../../src/model/tensors.ts';
import { ACTIVATIONS } from '../../../src/model/activation.ts';
import { expectClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const F32_BOUND = 1e-5;

type DenseSize = [rows: number, inputs: number, outputs: number];

/** @param beyondABlock a size that fills no block of the kernel evenly */
export function testDenseForward(
  launch: (args: DenseForwardArguments) => Dispatch,
  sizes: readonly DenseSize[],
  beyondABlock: DenseSize,
): void {
  const dispatch = (rows: number, layer: DenseSlots, more: Partial<DenseForwardArguments> = {}): Dispatch =>
    launch({
      rows,
      layer,
      activation: 'leaky_relu',
      parameters: 'parameters',
      input: 'input',
      inputStart: 0,
      output: 'output',
      outputStart: 0,
      ...more,
    });

  it.each(ACTIVATIONS)('matches its twin with the activation %s', async (activation) => {
    const rows = 68;
    const layer = denseSlots(3, 5);
    const { gpu, twin } = await runBoth(
      [dispatch(rows, layer, { activation, derivative: 'derivative' })],
      contents(rows, layer),
    );
    expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    expectClose('derivative', gpu('derivative'), twin('derivative'), F32_BOUND);
  });

  it.each(sizes)('matches its twin at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const layer = denseSlots(inputs, outputs);
    const { gpu, twin } = await runBoth([dispatch(rows, layer)], contents(rows, layer));
    expectClose('output', gpu('output'), twin('output'), F32_BOUND);
  });

  it('gives the same bits on every run', async () => {
    const layer = denseSlots(31, 65);
    const runs = [1, 2].map(() => runBoth([dispatch(132, layer)], contents(132, layer)));
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('output')).toEqual(second!.gpu('output'));
  });

  it('adds to what is there before the activation', async () => {
    const layer = denseSlots(3, 5);
    const { gpu, twin } = await runBoth([dispatch(68, layer, { add: true, derivative: 'derivative' })], {
      ...contents(68, layer),
      output: ramp(68 * 5, 1, 9),
    });
    expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    expectClose('derivative', gpu('derivative'), twin('derivative'), F32_BOUND);
  });

  it('reads from and writes to the middle of wider buffers and leaves the rest alone', async () => {
    const layer = denseSlots(2, 3);
    const rows = 8;
    const { gpu, twin } = await runBoth([dispatch(rows, layer, { inputStart: 1, outputStart: 2 })], {
      parameters: ramp(layer.bias.offset + 3),
      input: ramp(4 * rows),
      output: ramp(6 * rows, 1, 9),
      derivative: 1,
    });
    expectClose('output', gpu('output'), twin('output'), F32_BOUND);
    expect(gpu('output').slice(0, 2 * rows)).toEqual(ramp(6 * rows, 1, 9).slice(0, 2 * rows));
    expect(gpu('output').slice(5 * rows)).toEqual(ramp(6 * rows, 1, 9).slice(5 * rows));
  });

  describe.each([
    ['first', { f16: true, f16Output: true }, ['parameters', 'output', 'derivative']],
    [
      'middle',
      { f16: true, f16Input: true, f16Output: true },
      ['parameters', 'input', 'output', 'derivative'],
    ],
    ['last', { f16: true, f16Input: true }, ['parameters', 'input']],
  ])('at half precision, as the %s layer of a net', (_place, storage, halves) => {
    it.each([[60, 7, 13], beyondABlock])(
      'rounds what its twin rounds at %i rows, %i inputs, %i outputs',
      async (rows, inputs, outputs) => {
        const layer = denseSlots(inputs, outputs);
        await expectHalfTwin(
          [dispatch(rows, layer, { ...storage, activation: 'silu', derivative: 'derivative' })],
          {
            contents: contents(rows, layer),
            halves,
            values: ['output', 'derivative'],
          },
        );
      },
    );
  });

  it('leaves infinity at half precision where a float32 would be beyond 65,504', async () => {
    const layer = denseSlots(1, 1);
    const results = await expectHalfTwin([dispatch(4, layer, { f16: true, f16Output: true })], {
      contents: {
        parameters: Float32Array.of(1, 0),
        input: Float32Array.of(65_504, 65_519, 65_520, 1e9),
        output: 4,
        derivative: 4,
      },
      halves: ['parameters', 'output', 'derivative'],
    });
    if (results === undefined) return;
    expect([...results.gpu('output')]).toEqual([65_504, 65_504, Infinity, Infinity]);
  });

  it('takes whole quads of rows only', () => {
    expect(() => dispatch(65, denseSlots(1, 1))).toThrow(/65 rows are not a multiple of 4/);
  });

  it('stays accurate far out, where exponentials overflow', async () => {
    const layer = denseSlots(1, 1);
    const input = Float32Array.of(-1e4, -100, -20, -1, -1e-3, 0, 1e-3, 0.2, 1, 20, 100, 1e4);
    for (const activation of ['tanh', 'silu'] as const) {
      const { gpu, twin } = await runBoth([dispatch(12, layer, { activation, derivative: 'derivative' })], {
        parameters: Float32Array.of(1, 0),
        input,
        output: 12,
        derivative: 12,
      });
      expectClose(`${activation} output`, gpu('output'), twin('output'), F32_BOUND);
      expectClose(`${activation} derivative`, gpu('derivative'), twin('derivative'), F32_BOUND);
    }
  });
}

function contents(rows: number, layer: DenseSlots): Record<string, Float32Array | number> {
  return {
    parameters: ramp(layer.bias.offset + layer.outputs),
    input: ramp(rows * layer.inputs, 2),
    output: rows * layer.outputs,
    derivative: rows * layer.outputs,
  };
}

import { describe, expect, it } from 'vitest';
import { denseBackwardWeight } from '../../src/kernels/dense_backward_weight.ts';
import type { DenseSlots } from '../../src/paramLayout.ts';
import { chunksOf } from '../../src/shape.ts';
import { expectNormClose } from '../support/compare.ts';
import { ramp, runBoth } from './harness.ts';
import { denseSlots } from './slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('dense_backward_weight', () => {
  it.each([
    [1, 1, 1],
    [63, 2, 13],
    [64, 3, 2],
    [65, 65, 5],
    [257, 5, 127],
    [1025, 31, 3],
  ])('matches its twin at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 11);
    const { gpu, twin } = await runBoth([dispatch(rows, layer)], {
      d_output: ramp(rows * outputs),
      input: ramp(rows * inputs, 2, 5),
      gradients: 11 + layer.weight.length + outputs,
    });
    for (const { name, offset, length } of [layer.weight, layer.bias]) {
      const tensor = (all: ArrayLike<number>): number[] => Array.from(all).slice(offset, offset + length);
      expectNormClose(name, tensor(gpu('gradients')), tensor(twin('gradients')), GRADIENT_BOUND);
    }
  });

  it('adds to its own place in the gradients and leaves the rest alone', async () => {
    const layer = denseSlots(2, 3, 7);
    const rows = 5;
    const before = ramp(7 + 9 + 4, 3);
    const { gpu, twin } = await runBoth([dispatch(rows, layer, { inputStart: 1, outputStart: 2 })], {
      d_output: ramp(6 * rows),
      input: ramp(4 * rows, 2, 5),
      gradients: before,
    });
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
    expect(gpu('gradients').slice(0, 7)).toEqual(before.slice(0, 7));
    expect(gpu('gradients').slice(16)).toEqual(before.slice(16));
  });

  it.each([64, 128, 320])('gives the same bits in chunks of %i rows as in one go', async (chunkRows) => {
    const rows = 685;
    const layer = denseSlots(3, 2);
    const dOutput = ramp(rows * 2);
    const input = ramp(rows * 3, 2, 5);
    const whole = await runBoth([dispatch(rows, layer)], { d_output: dOutput, input, gradients: 8 });

    const chunks = chunksOf(rows, chunkRows);
    const cut = (columns: Float32Array, features: number, start: number, count: number): Float32Array =>
      Float32Array.from({ length: features * count }, (_, i) => {
        const feature = Math.floor(i / count);
        return columns[feature * rows + start + (i % count)]!;
      });
    const inChunks = await runBoth(
      chunks.map(({ count }, i) =>
        dispatch(count, layer, { dOutput: `d_output ${i}`, input: `input ${i}` }),
      ),
      {
        ...Object.fromEntries(
          chunks.flatMap(({ start, count }, i) => [
            [`d_output ${i}`, cut(dOutput, 2, start, count)],
            [`input ${i}`, cut(input, 3, start, count)],
          ]),
        ),
        gradients: 8,
      },
    );
    expect(inChunks.gpu('gradients')).toEqual(whole.gpu('gradients'));
  });

  it('stays accurate over 65,536 rows of one sign, where a plain running sum does not', async () => {
    const rows = 65_536;
    const dOutput = new Float32Array(rows).fill(0.1);
    const plain = dOutput.reduce((sum, value) => Math.fround(sum + value), 0);
    const { gpu, twin } = await runBoth([dispatch(rows, denseSlots(1, 1))], {
      d_output: dOutput,
      input: new Float32Array(rows).fill(1),
      gradients: 2,
    });
    // A tenth of the bound, which the rest of the backward pass shares.
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND / 10);
    expect(Math.abs(plain / twin('gradients')[0]! - 1)).toBeGreaterThan(GRADIENT_BOUND);
  });

  it('gives the same bits on every run', async () => {
    const contents = { d_output: ramp(257 * 7), input: ramp(257 * 31, 2, 5), gradients: 7 * 32 };
    const runs = [1, 2].map(() => runBoth([dispatch(257, denseSlots(31, 7))], contents));
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('gradients')).toEqual(second!.gpu('gradients'));
  });
});

function dispatch(
  rows: number,
  layer: DenseSlots,
  more: Partial<Parameters<typeof denseBackwardWeight>[0]> = {},
): ReturnType<typeof denseBackwardWeight> {
  return denseBackwardWeight({
    rows,
    layer,
    dOutput: 'd_output',
    outputStart: 0,
    input: 'input',
    inputStart: 0,
    gradients: 'gradients',
    ...more,
  });
}

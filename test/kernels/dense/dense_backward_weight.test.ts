import { describe, expect, it } from 'vitest';
import {
  denseBackwardWeight,
  rowSlices,
  weightElements,
} from '../../../src/kernels/dense/dense_backward_weight.ts';
import { denseWeightReduce } from '../../../src/kernels/dense/dense_weight_reduce.ts';
import type { DenseSlots } from '../../../src/model/tensors.ts';
import { expectNormClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('dense_backward_weight', () => {
  it.each([
    [4, 1, 1],
    [8, 3, 4],
    [60, 2, 13],
    [64, 3, 2],
    [68, 65, 5],
    [260, 5, 127],
    [1028, 31, 3],
  ])('matches its twin slice by slice at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const layer = denseSlots(inputs, outputs);
    const sliceLength = weightElements(layer);
    const { gpu, twin } = await runBoth([dispatch(rows, layer)], {
      d_output: ramp(rows * outputs),
      input: ramp(rows * inputs, 2, 5),
      partials: ramp(rowSlices(layer) * sliceLength),
    });
    for (let slice = 0; slice < Math.min(rows / 4, rowSlices(layer)); slice++) {
      const part = (all: ArrayLike<number>): number[] =>
        Array.from(all).slice(slice * sliceLength, (slice + 1) * sliceLength);
      expectNormClose(`slice ${slice}`, part(gpu('partials')), part(twin('partials')), GRADIENT_BOUND);
    }
    // Slices without a quad of rows hold zeros, not the buffer's old values.
    expect(
      gpu('partials')
        .slice((rows / 4) * sliceLength)
        .every((sum) => sum === 0),
    ).toBe(true);
  });

  it('takes one slice where sixteen would be large, and still meets every row', async () => {
    const layer = denseSlots(2047, 2048);
    expect(rowSlices(layer)).toBe(1);
    const { gpu } = await runBoth([dispatch(4, layer)], {
      d_output: new Float32Array(4 * 2048).fill(2),
      input: new Float32Array(4 * 2047).fill(-1),
      partials: weightElements(layer),
    });
    const isBias = (index: number): boolean => index % 2048 === 2047;
    expect(gpu('partials').findIndex((sum, index) => sum !== (isBias(index) ? 8 : -8))).toBe(-1);
  });

  it('reads from the middle of wider buffers and writes its own partial sums alone', async () => {
    const layer = denseSlots(2, 3);
    const rows = 36;
    const length = rowSlices(layer) * weightElements(layer);
    const { gpu, twin } = await runBoth([dispatch(rows, layer, { inputStart: 1, outputStart: 2 })], {
      d_output: ramp(6 * rows),
      input: ramp(4 * rows, 2, 5),
      partials: new Float32Array(length + 5).fill(-7),
    });
    expectNormClose('partials', gpu('partials'), twin('partials'), GRADIENT_BOUND);
    expect(gpu('partials').slice(length)).toEqual(new Float32Array(5).fill(-7));
  });

  it('stays accurate over 65,536 rows of one sign, the most that a chunk has', async () => {
    const rows = 65_536;
    const layer = denseSlots(1, 1);
    const { gpu, twin } = await runBoth(
      [dispatch(rows, layer), denseWeightReduce({ layer, partials: 'partials', gradients: 'gradients' })],
      {
        d_output: new Float32Array(rows).fill(0.1),
        input: new Float32Array(rows).fill(1),
        partials: rowSlices(layer) * weightElements(layer),
        gradients: 2,
      },
    );
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
  });

  it.each([
    [4, 1, 1],
    [60, 2, 13],
    [68, 65, 5],
  ])('takes inputs of half precision at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const layer = denseSlots(inputs, outputs);
    await expectHalfTwin([dispatch(rows, layer, { f16: true })], {
      contents: {
        d_output: ramp(rows * outputs),
        input: ramp(rows * inputs, 2, 5),
        partials: rowSlices(layer) * weightElements(layer),
      },
      halves: ['input'],
      gradients: ['partials'],
    });
  });

  it('gives the same bits on every run', async () => {
    const layer = denseSlots(31, 7);
    const runs = [1, 2].map(() =>
      runBoth([dispatch(260, layer)], {
        d_output: ramp(260 * 7),
        input: ramp(260 * 31, 2, 5),
        partials: rowSlices(layer) * weightElements(layer),
      }),
    );
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('partials')).toEqual(second!.gpu('partials'));
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
    partials: 'partials',
    ...more,
  });
}

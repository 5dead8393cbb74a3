import { describe, expect, it } from 'vitest';
import { weightElements } from '../../../src/kernels/dense/dense_backward_weight.ts';
import {
  blockedRowSlices,
  denseBackwardWeightBlocked,
} from '../../../src/kernels/dense/dense_backward_weight_blocked.ts';
import { denseWeightReduce } from '../../../src/kernels/dense/dense_weight_reduce.ts';
import type { DenseSlots } from '../../../src/model/tensors.ts';
import { expectNormClose } from '../../support/compare.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('dense_backward_weight_blocked', () => {
  it.each([
    [4, 1, 1],
    [8, 3, 4],
    [60, 2, 13],
    [256, 64, 64],
    [260, 65, 65],
    [516, 5, 127],
    [1028, 101, 3],
  ])('matches its twin slice by slice at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const layer = denseSlots(inputs, outputs);
    const sliceLength = weightElements(layer);
    const slices = blockedRowSlices(rows, layer);
    const { gpu, twin } = await runBoth([dispatch(rows, layer)], {
      d_output: ramp(rows * outputs),
      input: ramp(rows * inputs, 2, 5),
      partials: ramp(slices * sliceLength),
    });
    for (let slice = 0; slice < slices; slice++) {
      const part = (all: ArrayLike<number>): number[] =>
        Array.from(all).slice(slice * sliceLength, (slice + 1) * sliceLength);
      expectNormClose(`slice ${slice}`, part(gpu('partials')), part(twin('partials')), GRADIENT_BOUND);
    }
  });

  it('cuts the rows into slices of 256 or more, each with a row, where the partial sums are not large', () => {
    const small = denseSlots(3, 5);
    expect([4, 256, 260, 1024, 16_384, 65_536].map((rows) => blockedRowSlices(rows, small))).toEqual([
      1, 1, 2, 4, 64, 64,
    ]);
    expect(blockedRowSlices(4096, denseSlots(1023, 1024))).toBe(4);
    expect(blockedRowSlices(4096, denseSlots(2047, 2048))).toBe(1);
  });

  it('reads from the middle of wider buffers and writes its own partial sums alone', async () => {
    const layer = denseSlots(2, 3);
    const rows = 516;
    const length = blockedRowSlices(rows, layer) * weightElements(layer);
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
      [
        dispatch(rows, layer),
        denseWeightReduce({
          layer,
          partials: 'partials',
          slices: blockedRowSlices(rows, layer),
          gradients: 'gradients',
        }),
      ],
      {
        d_output: new Float32Array(rows).fill(0.1),
        input: new Float32Array(rows).fill(1),
        partials: blockedRowSlices(rows, layer) * weightElements(layer),
        gradients: 2,
      },
    );
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
  });

  it.each([
    [4, 1, 1],
    [60, 2, 13],
    [516, 65, 5],
  ])('takes inputs of half precision at %i rows, %i inputs, %i outputs', async (rows, inputs, outputs) => {
    const layer = denseSlots(inputs, outputs);
    await expectHalfTwin([dispatch(rows, layer, { f16: true })], {
      contents: {
        d_output: ramp(rows * outputs),
        input: ramp(rows * inputs, 2, 5),
        partials: blockedRowSlices(rows, layer) * weightElements(layer),
      },
      halves: ['input'],
      gradients: ['partials'],
    });
  });

  it('gives the same bits on every run', async () => {
    const rows = 1028;
    const layer = denseSlots(65, 7);
    const runs = [1, 2].map(() =>
      runBoth([dispatch(rows, layer)], {
        d_output: ramp(rows * 7),
        input: ramp(rows * 65, 2, 5),
        partials: blockedRowSlices(rows, layer) * weightElements(layer),
      }),
    );
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('partials')).toEqual(second!.gpu('partials'));
  });
});

function dispatch(
  rows: number,
  layer: DenseSlots,
  more: Partial<Parameters<typeof denseBackwardWeightBlocked>[0]> = {},
): ReturnType<typeof denseBackwardWeightBlocked> {
  return denseBackwardWeightBlocked({
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

import { describe, expect, it } from 'vitest';
import { rowSlices, weightElements } from '../../../src/kernels/dense/dense_backward_weight.ts';
import { denseWeightReduce } from '../../../src/kernels/dense/dense_weight_reduce.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('dense_weight_reduce', () => {
  it.each([
    [1, 1],
    [2, 13],
    [3, 2],
    [65, 5],
    [5, 127],
    [31, 31],
    [600, 700],
  ])('adds the slices to weight and bias like its twin at %i inputs, %i outputs', async (inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 11);
    const { gpu, twin } = await runBoth([dispatch(layer)], {
      partials: ramp(rowSlices(layer) * weightElements(layer)),
      gradients: ramp(11 + weightElements(layer), 3, 2),
    });
    for (const { name, offset, length } of [layer.weight, layer.bias]) {
      const tensor = (all: ArrayLike<number>): number[] => Array.from(all).slice(offset, offset + length);
      expectNormClose(name, tensor(gpu('gradients')), tensor(twin('gradients')), GRADIENT_BOUND);
    }
  });

  it('puts row o, column i of every slice at weight [o, i], and the last column at bias [o]', async () => {
    const layer = denseSlots(2, 3, 4);
    const slices = rowSlices(layer);
    const before = ramp(4 + 9 + 4, 3);
    const { gpu } = await runBoth([dispatch(layer)], {
      partials: Float32Array.from({ length: slices * 9 }, (_, index) => index % 9),
      gradients: Float32Array.of(...before.slice(0, 4), ...new Float32Array(9), ...before.slice(13)),
    });
    const columns = [0, 1, 3, 4, 6, 7, 2, 5, 8].map((column) => slices * column);
    expect([...gpu('gradients')].slice(4, 13)).toEqual(columns);
    expect(gpu('gradients').slice(0, 4)).toEqual(before.slice(0, 4));
    expect(gpu('gradients').slice(13)).toEqual(before.slice(13));
  });

  it('gives the same bits on every run', async () => {
    const layer = denseSlots(31, 7);
    const partials = ramp(rowSlices(layer) * weightElements(layer));
    const runs = [1, 2].map(() => runBoth([dispatch(layer)], { partials, gradients: 7 * 32 }));
    const [first, second] = await Promise.all(runs);
    expect(first!.gpu('gradients')).toEqual(second!.gpu('gradients'));
  });
});

function dispatch(
  layer: Parameters<typeof denseWeightReduce>[0]['layer'],
): ReturnType<typeof denseWeightReduce> {
  return denseWeightReduce({ layer, partials: 'partials', gradients: 'gradients' });
}

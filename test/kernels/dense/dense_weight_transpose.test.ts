import { describe, expect, it } from 'vitest';
import {
  denseWeightTranspose,
  transposedElements,
} from '../../../src/kernels/dense/dense_weight_transpose.ts';
import { expectHalfTwin } from './halves.ts';
import { ramp, runBoth } from '../harness.ts';
import { denseSlots } from '../slots.ts';

describe('dense_weight_transpose', () => {
  it.each([
    [1, 1],
    [3, 5],
    [64, 4],
    [65, 63],
    [7, 257],
  ])('moves every weight of %i inputs and %i outputs, and pads with zeros', async (inputs, outputs) => {
    const layer = denseSlots(inputs, outputs, 5);
    const { gpu, twin } = await runBoth(
      [denseWeightTranspose({ layer, parameters: 'parameters', transposed: 'transposed' })],
      {
        parameters: ramp(layer.bias.offset + outputs),
        transposed: new Float32Array(transposedElements(layer) + 4).fill(-7),
      },
    );
    expect([...gpu('transposed')]).toEqual([...twin('transposed')]);
    expect(gpu('transposed').slice(-4)).toEqual(new Float32Array(4).fill(-7));
  });

  it('moves weights of half precision as they are', async () => {
    const layer = denseSlots(7, 65, 5);
    const results = await expectHalfTwin(
      [denseWeightTranspose({ layer, parameters: 'parameters', transposed: 'transposed', f16: true })],
      {
        contents: { parameters: ramp(layer.bias.offset + 65), transposed: transposedElements(layer) },
        halves: ['parameters', 'transposed'],
      },
    );
    if (results === undefined) return;
    expect([...results.gpu('transposed')]).toEqual([...results.exact('transposed')]);
  });
});

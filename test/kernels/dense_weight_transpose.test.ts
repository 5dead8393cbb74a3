import { describe, expect, it } from 'vitest';
import { denseWeightTranspose, transposedElements } from '../../src/kernels/dense_weight_transpose.ts';
import { ramp, runBoth } from './harness.ts';
import { denseSlots } from './slots.ts';

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
});

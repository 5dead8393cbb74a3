import { describe, expect, it } from 'vitest';
import { invertibleLinearWeightReduce } from '../../../src/kernels/linear/invertible_linear_weight_reduce.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { linearParameters, linearSlots } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('invertible_linear_weight_reduce', () => {
  describe.each(['lower', 'upper'] as const)('of the %s triangle', (triangle) => {
    it.each([
      [1, 2],
      [16, 3],
      [3, 7],
      [16, 8],
      [2, 65],
    ])('matches its twin at %i slices, %i features', async (slices, features) => {
      const parameters = linearParameters(features);
      const { gpu, twin } = await runBoth([dispatch(slices, features, triangle)], {
        partials: ramp(slices * features * (features + 1), 2),
        parameters,
        gradients: ramp(parameters.length, 0.1, 1),
      });
      expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
    });

    it('adds to the gradients of its own tensors alone', async () => {
      const features = 3;
      const { lower, upper, logDiagonal } = linearSlots(features);
      const owned = triangle === 'lower' ? [lower] : [upper, logDiagonal];
      const before = ramp(linearParameters(features).length, 1, 2);
      const { gpu } = await runBoth([dispatch(2, features, triangle)], {
        partials: ramp(2 * features * (features + 1), 2),
        parameters: linearParameters(features),
        gradients: before,
      });
      const changed = [...gpu('gradients')].map((value, i) => value !== before[i]);
      const expected = [...before.keys()].map((i) =>
        owned.some(({ offset, length }) => i >= offset && i < offset + length),
      );
      expect(changed).toEqual(expected);
    });
  });
});

function dispatch(
  slices: number,
  features: number,
  triangle: 'lower' | 'upper',
): ReturnType<typeof invertibleLinearWeightReduce> {
  return invertibleLinearWeightReduce({
    slices,
    slots: linearSlots(features),
    triangle,
    dLogDet: -0.7,
    partials: 'partials',
    parameters: 'parameters',
    gradients: 'gradients',
  });
}

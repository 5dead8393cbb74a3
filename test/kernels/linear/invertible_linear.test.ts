import { describe, expect, it } from 'vitest';
import { invertibleLinear } from '../../../src/kernels/linear/invertible_linear.ts';
import type { InvertibleLinearArguments } from '../../../src/kernels/linear/invertible_linear.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { linearParameters, linearSlots } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

describe('invertible_linear', () => {
  describe.each([false, true])('inverse: %s', (inverse) => {
    it.each([
      [4, 2],
      [252, 3],
      [256, 5],
      [260, 17],
      [1028, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth(
        [invertibleLinear(args(rows, features, { inverse, accumulate: true }))],
        {
          parameters: linearParameters(features),
          state: ramp(features * rows, 3, 5),
          scratch: new Float32Array(features * rows).fill(NaN),
          log_det: ramp(rows, 9),
        },
      );
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });
  });

  it.each([2, 17, 64])(
    'is undone by its inverse at %i features, and the log-dets cancel',
    async (features) => {
      const before = ramp(features * 68, 3);
      const inverse = args(68, features, { inverse: true, accumulate: true });
      const { gpu } = await runBoth([invertibleLinear(args(68, features)), invertibleLinear(inverse)], {
        parameters: linearParameters(features),
        state: before,
        scratch: features * 68,
        log_det: 68,
      });
      expectClose('state', gpu('state'), before, INVERSE_BOUND);
      expect(gpu('log_det')).toEqual(new Float32Array(68));
    },
  );

  it('starts the log-det of the inverse where it does not add, whatever was there', async () => {
    const { gpu, twin } = await runBoth([invertibleLinear(args(4, 3, { inverse: true }))], {
      parameters: linearParameters(3),
      state: ramp(12),
      scratch: 12,
      log_det: new Float32Array(4).fill(NaN),
    });
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
  });

  it.each([false, true])('adds the log-det of all pixels to an image once, inverse: %s', async (inverse) => {
    const images = args(8 * 6, 3, { inverse, accumulate: true, pixels: 6 });
    const { gpu, twin } = await runBoth([invertibleLinear(images)], {
      parameters: linearParameters(3),
      state: ramp(3 * 48, 3, 5),
      scratch: 3 * 48,
      log_det: ramp(48, 9),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    expect(gpu('log_det').slice(8)).toEqual(ramp(48, 9).slice(8));
  });

  it('is P L (U + diag) x', async () => {
    const parameters = new Float32Array(linearParameters(2).length);
    const { lower, upper, logDiagonal, permutation } = linearSlots(2);
    parameters[lower.offset] = 3;
    parameters[upper.offset] = 5;
    parameters.set([Math.log(2), 0], logDiagonal.offset);
    parameters.set([1, 0], permutation.offset);
    const { gpu } = await runBoth([invertibleLinear(args(4, 2))], {
      parameters,
      state: Float32Array.of(1, 0, 10, 0, 0, 1, 10, 0),
      scratch: 8,
      log_det: new Float32Array(4).fill(NaN),
    });
    // (U + diag) x = (2 x₁ + 5 x₂, x₂), L of that = (2 x₁ + 5 x₂, 6 x₁ + 16 x₂), then the two swap places.
    expectClose('state', gpu('state'), [6, 16, 220, 0, 2, 5, 70, 0], F32_BOUND);
    expectClose('log_det', gpu('log_det'), new Float32Array(4).fill(Math.log(2)), F32_BOUND);
  });

  it('permutes alone, to the bit, where its triangles and its diagonal are zero', async () => {
    const parameters = new Float32Array(linearParameters(3).length);
    parameters.set([2, 0, 1], linearSlots(3).permutation.offset);
    const before = ramp(12, 4);
    const { gpu } = await runBoth([invertibleLinear(args(4, 3))], {
      parameters,
      state: before,
      scratch: 12,
      log_det: 4,
    });
    expect([...gpu('state')]).toEqual([...before.slice(8), ...before.slice(0, 8)]);
    expect(gpu('log_det')).toEqual(new Float32Array(4));
  });
});

function args(
  rows: number,
  features: number,
  { inverse = false, accumulate = false, pixels = 1 } = {},
): InvertibleLinearArguments {
  return {
    rows,
    pixels,
    inverse,
    slots: linearSlots(features),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    scratch: 'scratch',
    logDet: 'log_det',
  };
}

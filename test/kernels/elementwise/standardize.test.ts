import { describe, expect, it } from 'vitest';
import { standardize } from '../../../src/kernels/elementwise/standardize.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { spreads, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('standardize', () => {
  describe.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('inverse: %s, with accumulate: %s', (inverse, accumulate) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth([dispatch(rows, features, 0, { inverse, accumulate })], {
        parameters: Float32Array.of(...ramp(features, 4), ...spreads(features)),
        state: ramp(features * rows, 9),
        log_det: ramp(rows, 9),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    });
  });

  it('is undone by its inverse, and the two log-dets cancel to the bit', async () => {
    const before = ramp(7 * 65, 9);
    const { gpu } = await runBoth(
      [dispatch(65, 7, 11), dispatch(65, 7, 11, { inverse: true, accumulate: true })],
      {
        parameters: Float32Array.of(...new Float32Array(11).fill(NaN), ...ramp(7, 4), ...spreads(7)),
        state: before,
        log_det: 65,
      },
    );
    expectClose('state', gpu('state'), before, F32_BOUND);
    expect(gpu('log_det')).toEqual(new Float32Array(65));
  });

  it.each([false, true])('overwrites what log_det held, even NaN, inverse: %s', async (inverse) => {
    const { gpu, twin } = await runBoth([dispatch(5, 3, 11, { inverse })], {
      parameters: Float32Array.of(...new Float32Array(11).fill(NaN), ...ramp(3, 4), 0.5, 2, 10),
      state: ramp(15, 9),
      log_det: new Float32Array(5).fill(NaN),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    const logDet = inverse ? Math.log(10) : -Math.log(10);
    expectClose('log_det', gpu('log_det'), new Float32Array(5).fill(logDet), F32_BOUND);
  });

  it.each([1e-6, 1e-3, 0.999999, 1, 1.000001, Math.SQRT1_2, Math.SQRT2, 1e3, 1e6])(
    'has an accurate log-det at the standard deviation %f',
    async (std) => {
      const { gpu } = await runBoth([dispatch(1, 1, 0)], {
        parameters: Float32Array.of(0, std),
        state: Float32Array.of(std),
        log_det: 1,
      });
      const exact = -Math.log(Math.fround(std));
      // Relative: near 1 the logarithm is tiny, and a built-in one would lose all its digits.
      expect(Math.abs(gpu('log_det')[0]! - exact)).toBeLessThanOrEqual(1e-6 * Math.abs(exact));
      expect(gpu('state')[0]).toBeCloseTo(1, 6);
    },
  );
});

function dispatch(
  rows: number,
  features: number,
  start: number,
  { inverse = false, accumulate = false } = {},
): ReturnType<typeof standardize> {
  return standardize({
    rows,
    inverse,
    mean: tensorSlot('mean', [features], start),
    std: tensorSlot('std', [features], start + features),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  });
}

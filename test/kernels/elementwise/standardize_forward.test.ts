import { describe, expect, it } from 'vitest';
import { standardizeForward } from '../../../src/kernels/elementwise/standardize_forward.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { spreads, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('standardize_forward', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 7],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features, 0)], {
      parameters: Float32Array.of(...ramp(features, 4), ...spreads(features)),
      state: ramp(features * rows, 9),
      log_det: rows,
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
  });

  it('finds mean and std behind other parameters and overwrites what log_det held', async () => {
    const { gpu, twin } = await runBoth([dispatch(5, 3, 11)], {
      parameters: Float32Array.of(...new Float32Array(11).fill(NaN), ...ramp(3, 4), 0.5, 2, 10),
      state: ramp(15, 9),
      log_det: new Float32Array(5).fill(NaN),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose(
      'log_det',
      gpu('log_det'),
      Array.from({ length: 5 }, () => -Math.log(10)),
      F32_BOUND,
    );
  });

  it('adds to the log-det of a bijector before it', async () => {
    const { gpu, twin } = await runBoth([dispatch(65, 3, 0, true)], {
      parameters: Float32Array.of(...ramp(3, 4), ...spreads(3)),
      state: ramp(3 * 65, 9),
      log_det: ramp(65, 5),
    });
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
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
      // Relative: near 1 the logarithm is tiny, and a built-in one would be off by all of it.
      expect(Math.abs(gpu('log_det')[0]! - exact)).toBeLessThanOrEqual(1e-6 * Math.abs(exact));
      expect(gpu('state')[0]).toBeCloseTo(1, 6);
    },
  );
});

function dispatch(
  rows: number,
  features: number,
  start: number,
  accumulate = false,
): ReturnType<typeof standardizeForward> {
  return standardizeForward({
    rows,
    mean: tensorSlot('mean', [features], start),
    std: tensorSlot('std', [features], start + features),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
  });
}

import { describe, expect, it } from 'vitest';
import { logit } from '../../../src/kernels/elementwise/logit.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;
const LINE = { start: 0.05, span: 0.9 / 256 };

describe('logit', () => {
  const dispatch = (rows: number, features: number, inverse: boolean): ReturnType<typeof logit> =>
    logit({ ...LINE, rows, features, inverse, accumulate: true, state: 'state', logDet: 'log_det' });

  it.each([
    [1, 1],
    [63, 2],
    [65, 5],
    [260, 17],
  ])('matches its twin in both directions at %i rows, %i features', async (rows, features) => {
    const pixels = ramp(features * rows, 128).map((value) => 128 + value);
    for (const [inverse, state] of [
      [false, pixels],
      [true, ramp(features * rows, 3)],
    ] as const) {
      const { gpu, twin } = await runBoth([dispatch(rows, features, inverse)], {
        state,
        log_det: ramp(rows, 5),
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
      expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
    }
  });

  it('is undone by its inverse, and the log-dets cancel', async () => {
    const pixels = Float32Array.from({ length: 256 }, (_, level) => level);
    const { gpu } = await runBoth([dispatch(64, 4, false), dispatch(64, 4, true)], {
      state: pixels,
      log_det: 64,
    });
    // A rounding of v is worth 256 / 0.9 of it in x.
    expect(gpu('state').every((x, level) => Math.abs(x - level) < 1e-3)).toBe(true);
    expectClose('log_det', gpu('log_det'), new Float32Array(64), F32_BOUND);
  });
});

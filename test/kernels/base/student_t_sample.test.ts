import { describe, expect, it } from 'vitest';
import { studentTSample } from '../../../src/kernels/base/student_t_sample.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

// Near cos = 0, float32 resolves an angle to 1e-6 of a turn; a radius in the hundreds magnifies that.
const RELATIVE_BOUND = 1e-5;

describe('student_t_sample', () => {
  it.each([
    [1, 1],
    [63, 2],
    [65, 5],
    [257, 9],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features, 0.7)], {
      parameters: ramp(3 + features).map((value) => value + 1.5),
      state: features * rows,
    });
    expectClose('state', gpu('state'), twin('state'), RELATIVE_BOUND);
  });

  it('draws as often beyond each bound as the distribution says', async () => {
    const rows = 16_384;
    // P(|t| > x): 1 − (2 / π) arctan x for one degree of freedom, 1 − x / √(2 + x²) for two.
    const tails = [
      (x: number) => 1 - (2 / Math.PI) * Math.atan(x),
      (x: number) => 1 - x / Math.sqrt(2 + x * x),
    ];
    const { gpu } = await runBoth([dispatch(rows, 2, 1)], {
      parameters: Float32Array.of(0, 0, 0, Math.log(1), Math.log(2)),
      state: 2 * rows,
    });
    tails.forEach((tail, j) => {
      const values = [...gpu('state')].slice(j * rows, (j + 1) * rows);
      expect(Math.abs(values.filter((value) => value > 0).length / rows - 0.5)).toBeLessThan(0.02);
      for (const x of [0.2, 1, 3, 10]) {
        const share = values.filter((value) => Math.abs(value) > x).length / rows;
        // Four standard errors of a share of 16,384 draws.
        expect(Math.abs(share - tail(x))).toBeLessThan(0.016);
      }
    });
  });

  it('is finite for very few degrees of freedom', async () => {
    const { gpu } = await runBoth([dispatch(2048, 1, 1)], {
      parameters: Float32Array.of(0, 0, 0, Math.log(0.05)),
      state: 2048,
    });
    expect([...gpu('state')].every(Number.isFinite)).toBe(true);
  });
});

function dispatch(rows: number, features: number, temperature: number): ReturnType<typeof studentTSample> {
  return studentTSample({
    rows,
    features,
    logDf: tensorSlot('log_df', [features], 3),
    rowStart: 2 ** 32 - 5,
    seed: 7,
    temperature,
    parameters: 'parameters',
    state: 'state',
  });
}

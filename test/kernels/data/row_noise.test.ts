import { describe, expect, it } from 'vitest';
import { rowNoise } from '../../../src/kernels/data/row_noise.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import type { BufferContents } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('row_noise', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 64],
    [1025, 7],
  ])('matches its twin at %i rows of %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features)], {
      ...contents(features),
      state: ramp(rows * features, 3),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('adds other noise at every step and with another seed, and the same for the same', async () => {
    const shape = { first: 65 * 3, second: 65 * 3, other: 65 * 3 };
    const at = (step: number) => ({ ...contents(3), ...shape, step_state: Uint32Array.of(step) });
    const dispatches = [
      dispatch(65, 3, { state: 'first' }),
      dispatch(65, 3, { state: 'second' }),
      dispatch(65, 3, { seed: 6 + 2 ** 32, state: 'other' }),
    ];
    const { gpu } = await runBoth(dispatches, at(4));
    const later = await runBoth(dispatches, at(5));
    expect(gpu('second')).toEqual(gpu('first'));
    const values = [...gpu('first'), ...gpu('other'), ...later.gpu('first')];
    expect(new Set(values).size).toBeGreaterThan(3 * 65 * 3 - 3);
  });

  it('adds to the rows of a chunk what it adds to them in a whole batch', async () => {
    const { gpu } = await runBoth([dispatch(130, 3), dispatch(65, 3, { rowStart: 65, state: 'chunk' })], {
      ...contents(3),
      state: 130 * 3,
      chunk: 65 * 3,
    });
    for (const c of [0, 1, 2]) {
      const whole = gpu('state').slice(c * 130 + 65, (c + 1) * 130);
      expect(gpu('chunk').slice(c * 65, (c + 1) * 65)).toEqual(whole);
    }
  });

  it('has mean zero and the covariance of its factor', async () => {
    const rows = 16_384;
    const factor = [2, 0, 0, 1, 0.5, 0, -1, 0.25, 1];
    const { gpu } = await runBoth([dispatch(rows, 3)], {
      step_state: Uint32Array.of(0),
      factor: Float32Array.from(factor),
      state: rows * 3,
    });
    const noise = [0, 1, 2].map((c) => [...gpu('state')].slice(c * rows, (c + 1) * rows));
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / rows;
    for (const [i, one] of noise.entries()) {
      // Five standard errors of a mean of variance 5 at most.
      expect(Math.abs(mean(one))).toBeLessThan(5 * Math.sqrt(5 / rows));
      for (const [j, other] of noise.entries()) {
        const expected = [0, 1, 2].reduce(
          (sum, k) => sum + (factor[3 * i + k] ?? NaN) * (factor[3 * j + k] ?? NaN),
          0,
        );
        const found = mean(one.map((value, row) => value * (other[row] ?? NaN)));
        // Five standard errors: the variance of a product of normals is at most twice that of both, 2 · 4 · 4.
        expect(Math.abs(found - expected)).toBeLessThan(5 * Math.sqrt(32 / rows));
      }
    }
  });
});

function dispatch(
  rows: number,
  features: number,
  more: Partial<Parameters<typeof rowNoise>[0]> = {},
): Dispatch {
  return rowNoise({
    rows,
    rowStart: 0,
    features,
    seed: 6,
    stepState: 'step_state',
    factor: 'factor',
    state: 'state',
    ...more,
  });
}

function contents(features: number): BufferContents {
  return { step_state: Uint32Array.of(4), factor: ramp(features * features, 2, 1) };
}

import { describe, expect, it } from 'vitest';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { standardNormalSample } from '../../../src/kernels/base/standard_normal_sample.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('standard_normal_sample', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [1025, 65],
  ])('matches its twin at %i rows of %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features)], { state: rows * features });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it.each([2 ** 32 - 40, 2 ** 40 + 3, 2 ** 53 - 100])(
    'matches its twin at rows from %i on',
    async (rowStart) => {
      const { gpu, twin } = await runBoth([dispatch(65, 3, { rowStart, seed: 2 ** 52 + 12345 })], {
        state: 65 * 3,
      });
      expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    },
  );

  it('scales by the temperature', async () => {
    const { gpu, twin } = await runBoth(
      [
        dispatch(65, 3),
        dispatch(65, 3, { temperature: 0.5, state: 'cold' }),
        dispatch(65, 3, { temperature: 0, state: 'frozen' }),
      ],
      { state: 65 * 3, cold: 65 * 3, frozen: 65 * 3 },
    );
    expectClose('cold', gpu('cold'), twin('cold'), F32_BOUND);
    expect([...gpu('cold')]).toEqual([...gpu('state')].map((z) => z / 2));
    expect([...gpu('frozen')].every((z) => z === 0)).toBe(true);
  });

  it('gives the same bits to the same seed, and others to another', async () => {
    const shape = { first: 65 * 3, second: 65 * 3, other: 65 * 3, far: 65 * 3 };
    const { gpu } = await runBoth(
      [
        dispatch(65, 3, { seed: 9, state: 'first' }),
        dispatch(65, 3, { seed: 9, state: 'second' }),
        dispatch(65, 3, { seed: 10, state: 'other' }),
        dispatch(65, 3, { seed: 9 + 2 ** 32, state: 'far' }),
      ],
      shape,
    );
    expect(gpu('second')).toEqual(gpu('first'));
    expect(new Set([...gpu('first'), ...gpu('other'), ...gpu('far')]).size).toBeGreaterThan(3 * 65 * 3 - 3);
  });

  it.each([1, 64, 99])(
    'gives rows [0, 100) the same bits when they are drawn in two runs split at %i',
    async (split) => {
      const features = 5;
      const { gpu } = await runBoth(
        [
          dispatch(100, features, { state: 'whole' }),
          dispatch(split, features, { state: 'head' }),
          dispatch(100 - split, features, { state: 'tail', rowStart: split }),
        ],
        { whole: 100 * features, head: split * features, tail: (100 - split) * features },
      );
      for (let c = 0; c < features; c++) {
        expect([
          ...gpu('head').slice(c * split, (c + 1) * split),
          ...gpu('tail').slice(c * (100 - split), (c + 1) * (100 - split)),
        ]).toEqual(Array.from(gpu('whole').slice(c * 100, (c + 1) * 100)));
      }
    },
  );

  it('gives the first features of a row the same bits whatever the number of features', async () => {
    const { gpu } = await runBoth(
      [dispatch(65, 2, { state: 'narrow' }), dispatch(65, 7, { state: 'wide' })],
      { narrow: 65 * 2, wide: 65 * 7 },
    );
    expect(gpu('wide').slice(0, 65 * 2)).toEqual(gpu('narrow'));
  });

  // Bounds are four standard errors.
  it('has the moments and tails of the normal distribution over 100,000 draws', async () => {
    const { gpu, twin } = await runBoth([dispatch(50_000, 2, { seed: 1 })], { state: 100_000 });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    const draws = [...gpu('state')];
    const mean = (f: (z: number) => number): number => draws.reduce((sum, z) => sum + f(z), 0) / draws.length;
    const error = (variance: number): number => 4 * Math.sqrt(variance / draws.length);
    expect(Math.abs(mean((z) => z))).toBeLessThan(error(1));
    expect(Math.abs(mean((z) => z * z) - 1)).toBeLessThan(error(2));
    expect(Math.abs(mean((z) => z ** 4) - 3)).toBeLessThan(error(96));
    for (const [bound, share] of [
      [1, 0.3173105],
      [2, 0.0455003],
      [3, 0.0026998],
    ] as const) {
      const beyond = mean((z) => (Math.abs(z) > bound ? 1 : 0));
      expect(Math.abs(beyond - share)).toBeLessThan(error(share * (1 - share)));
    }
  });
});

function dispatch(
  rows: number,
  features: number,
  more: Partial<Parameters<typeof standardNormalSample>[0]> = {},
): Dispatch {
  return standardNormalSample({
    rows,
    features,
    rowStart: 0,
    seed: 42,
    temperature: 1,
    parameters: 'parameters',
    state: 'state',
    ...more,
  });
}

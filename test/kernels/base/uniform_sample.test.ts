import { describe, expect, it } from 'vitest';
import { uniformSample } from '../../../src/kernels/base/uniform_sample.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('uniform_sample', () => {
  it.each([
    [1, 1, 1],
    [63, 2, 0.5],
    [65, 5, 1],
    [257, 9, 2],
  ])('matches its twin at %i rows, %i features, temperature %f', async (rows, features, temperature) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features, temperature)], { state: features * rows });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
  });

  it('fills the box evenly and stays in it at any temperature', async () => {
    const rows = 8192;
    for (const temperature of [1, 5]) {
      const { gpu } = await runBoth([dispatch(rows, 1, temperature)], { state: rows });
      const counts = new Float64Array(8);
      for (const value of gpu('state')) counts[Math.floor((8 * (value + 3)) / 6)]!++;
      // Four standard errors of an eighth of 8,192 draws.
      for (const count of counts) expect(Math.abs(count / rows - 1 / 8)).toBeLessThan(0.015);
    }
  });
});

function dispatch(rows: number, features: number, temperature: number): ReturnType<typeof uniformSample> {
  return uniformSample({
    rows,
    features,
    bound: 3,
    rowStart: 2 ** 32 - 5,
    seed: 7,
    temperature,
    parameters: 'parameters',
    state: 'state',
  });
}

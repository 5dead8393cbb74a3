import { describe, expect, it } from 'vitest';
import type { BaseLoss } from '../../../src/kernels/base/arguments.ts';
import { standardNormalLogProb } from '../../../src/kernels/base/standard_normal_log_prob.ts';
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

describe('standard_normal_log_prob', () => {
  describe.each([1 as const, -1 as const])('with sign %i', (sign) => {
    it.each([
      [1, 1],
      [63, 2],
      [64, 3],
      [65, 5],
      [257, 65],
      [1025, 7],
    ])('matches its twin at %i rows, %i features', async (rows, features) => {
      const { gpu, twin } = await runBoth([dispatch(rows, features, sign)], {
        state: ramp(features * rows, 3),
        log_det: ramp(rows, 20),
        log_prob: rows,
      });
      expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    });
  });

  it('gives −½ D log 2π at the origin of a flow that keeps volumes', async () => {
    const { gpu } = await runBoth([dispatch(2, 3, 1)], { state: 6, log_det: 2, log_prob: 2 });
    const expected = -1.5 * Math.log(2 * Math.PI);
    expectClose('log_prob', gpu('log_prob'), [expected, expected], 1e-6);
  });

  it('reads the latent without changing it', async () => {
    const state = ramp(195);
    const { gpu } = await runBoth([dispatch(65, 3, 1)], { state, log_det: ramp(65), log_prob: 65 });
    expect(gpu('state')).toEqual(state);
    expect(gpu('log_det')).toEqual(ramp(65));
  });

  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 7],
  ])('matches its twin with the loss at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth(
      [dispatch(rows, features, 1, { validRows: rows, rowStart: 0, totalRows: rows })],
      {
        state: ramp(features * rows, 3),
        log_det: ramp(rows, 20),
        d_state: ramp(features * rows, 5),
        log_prob: rows,
      },
    );
    expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    expectNormClose('d_state', gpu('d_state'), twin('d_state'), GRADIENT_BOUND);
  });

  it('writes the rows of a chunk at their place and divides by the rows of the whole batch', async () => {
    const before = ramp(200);
    const state = ramp(2 * 65, 3);
    const { gpu, twin } = await runBoth(
      [dispatch(65, 2, 1, { validRows: 65, rowStart: 128, totalRows: 4096 })],
      { state, log_det: ramp(65, 20), d_state: 2 * 65, log_prob: before },
    );
    expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    expect(gpu('log_prob').slice(0, 128)).toEqual(before.slice(0, 128));
    expect(gpu('log_prob').slice(193)).toEqual(before.slice(193));
    // 4096 is a power of two, so the quotient is exact.
    expect(gpu('d_state')).toEqual(state.map((z) => z / 4096));
    expect(gpu('state')).toEqual(state);
  });

  it('gives the padding neither loss nor gradient, whatever it holds', async () => {
    const state = ramp(2 * 8, 3);
    [5, 6, 7].forEach((row) => state.fill(Infinity, row, row + 1).fill(NaN, 8 + row, 9 + row));
    const { gpu, twin } = await runBoth([dispatch(8, 2, 1, { validRows: 5, rowStart: 1, totalRows: 5 })], {
      state,
      log_det: ramp(8),
      d_state: ramp(2 * 8),
      log_prob: new Float32Array(9).fill(-7),
    });
    expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    expectNormClose('d_state', gpu('d_state'), twin('d_state'), GRADIENT_BOUND);
    expect([...gpu('log_prob')].filter((value) => value === -7)).toHaveLength(4);
    for (const start of [0, 8]) {
      expect(gpu('d_state').slice(start + 5, start + 8)).toEqual(new Float32Array(3));
    }
  });
});

function dispatch(
  rows: number,
  features: number,
  sign: 1 | -1,
  loss?: Omit<BaseLoss, 'dState' | 'dBase'>,
): Dispatch {
  return standardNormalLogProb({
    rows,
    features,
    sign,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
    logProb: 'log_prob',
    ...(loss && { loss: { ...loss, dState: 'd_state', dBase: 'd_base' } }),
  });
}

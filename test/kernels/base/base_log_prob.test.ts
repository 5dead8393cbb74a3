import { describe, expect, it } from 'vitest';
import { baseLogProb } from '../../../src/kernels/base/base_log_prob.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('base_log_prob', () => {
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
});

function dispatch(rows: number, features: number, sign: 1 | -1): ReturnType<typeof baseLogProb> {
  return baseLogProb({ rows, features, sign, state: 'state', logDet: 'log_det', logProb: 'log_prob' });
}

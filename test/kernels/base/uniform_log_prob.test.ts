import { describe, expect, it } from 'vitest';
import { uniformLogProb } from '../../../src/kernels/base/uniform_log_prob.ts';
import type { UniformLogProbArguments } from '../../../src/kernels/base/uniform_log_prob.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('uniform_log_prob', () => {
  it.each([
    [1, 1],
    [63, 2],
    [65, 5],
    [257, 65],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    for (const sign of [1, -1] as const) {
      const { gpu, twin } = await runBoth([uniformLogProb({ ...args(rows, features), sign })], {
        state: ramp(features * rows, 3),
        log_det: ramp(rows, 4),
        log_prob: rows,
      });
      expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    }
  });

  it('is −∞ where one feature lies outside, however little', async () => {
    const { gpu } = await runBoth([uniformLogProb(args(4, 2))], {
      state: Float32Array.of(3, 3.0000002, 0, -3, 0, 0, 4, -3),
      log_det: Float32Array.of(1, 1, 1, 1),
      log_prob: 4,
    });
    const inside = 1 - 2 * Math.log(6);
    expectClose('rows inside', [gpu('log_prob')[0]!, gpu('log_prob')[3]!], [inside, inside], F32_BOUND);
    expect(gpu('log_prob').slice(1, 3)).toEqual(Float32Array.of(-Infinity, -Infinity));
  });

  it('has a loss that rises with the distance from the box, and a gradient that leads back', async () => {
    const loss = { validRows: 3, rowStart: 1, totalRows: 10, dState: 'd_state', dBase: 'd_base' };
    const { gpu, twin } = await runBoth([uniformLogProb({ ...args(4, 2), loss })], {
      state: Float32Array.of(3, 5, -4, 9, 0, 0, 7, 9),
      log_det: Float32Array.of(1, 1, 1, 1),
      log_prob: 5,
      d_state: new Float32Array(8).fill(NaN),
    });
    expectClose('nll', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    const base = 2 * Math.log(6) - 1;
    expectClose('nll', gpu('log_prob'), [0, base, base + 2, base + 5, 0], F32_BOUND);
    expectClose('d_state', gpu('d_state'), [0, 0.1, -0.1, 0, 0, 0, 0.1, 0], F32_BOUND);
  });
});

function args(rows: number, features: number): UniformLogProbArguments {
  const buffers = { parameters: 'parameters', state: 'state', logDet: 'log_det', logProb: 'log_prob' };
  return { rows, features, bound: 3, sign: 1, ...buffers };
}

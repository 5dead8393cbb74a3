import { describe, it } from 'vitest';
import { studentTLogProb } from '../../../src/kernels/base/student_t_log_prob.ts';
import type { StudentTLogProbArguments } from '../../../src/kernels/base/student_t_log_prob.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

const SIZES = [
  [1, 1],
  [63, 2],
  [64, 3],
  [65, 5],
  [257, 65],
] as const;

describe('student_t_log_prob', () => {
  it.each(SIZES)('matches its twin at %i rows, %i features', async (rows, features) => {
    for (const sign of [1, -1] as const) {
      const { gpu, twin } = await runBoth([studentTLogProb({ ...args(rows, features), sign })], {
        parameters: ramp(3 + features, 3),
        state: ramp(features * rows, 3, 5),
        log_det: ramp(rows, 4),
        log_prob: rows,
      });
      expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    }
  });

  it.each(SIZES)('has the loss and gradients of its twin at %i rows, %i features', async (rows, features) => {
    const loss = {
      validRows: Math.ceil(rows / 2),
      rowStart: 3,
      totalRows: 37,
      dState: 'd_state',
      dBase: 'd_base',
    };
    const { gpu, twin } = await runBoth([studentTLogProb({ ...args(rows, features), loss })], {
      parameters: ramp(3 + features, 3),
      state: ramp(features * rows, 3, 5),
      log_det: ramp(rows, 4),
      log_prob: 3 + rows,
      d_state: new Float32Array(features * rows).fill(NaN),
      d_base: new Float32Array(features * rows).fill(NaN),
    });
    expectClose('nll', gpu('log_prob'), twin('log_prob'), F32_BOUND);
    expectNormClose('d_state', gpu('d_state'), twin('d_state'), GRADIENT_BOUND);
    expectNormClose('d_base', gpu('d_base'), twin('d_base'), GRADIENT_BOUND);
  });

  it.each([0.1, 1, 2, 30, 1000])('keeps its digits at %f degrees of freedom, near and far', async (df) => {
    const state = Float32Array.of(0, 1e-4, 0.3, -2, 9, 1e3, -1e9, 1e25);
    const { gpu, twin } = await runBoth([studentTLogProb(args(8, 1))], {
      parameters: Float32Array.of(0, 0, 0, Math.log(df)),
      state,
      log_det: 8,
      log_prob: 8,
    });
    expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
  });
});

function args(rows: number, features: number): StudentTLogProbArguments {
  return {
    rows,
    features,
    logDf: tensorSlot('log_df', [features], 3),
    sign: 1,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
    logProb: 'log_prob',
  };
}

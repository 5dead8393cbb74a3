import { describe, expect, it } from 'vitest';
import { logitBackward } from '../../../src/kernels/elementwise/logit_backward.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth, runTwin } from '../harness.ts';

const F32_BOUND = 1e-5;
/** Pixels up to 284 from v in (0, 1). */
const PIXEL_BOUND = 1e-4;

describe('logit_backward', () => {
  const dispatch = (rows: number, features: number, validRows = rows): ReturnType<typeof logitBackward> =>
    logitBackward({
      start: 0.05,
      span: 0.9 / 256,
      rows,
      validRows,
      features,
      dLogDet: -1 / 3,
      state: 'state',
      dState: 'd_state',
    });

  it.each([
    [1, 1],
    [63, 2],
    [65, 5],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features)], {
      state: ramp(rows * features, 4),
      d_state: ramp(rows * features, 1, 5),
    });
    expectClose('state', gpu('state'), twin('state'), PIXEL_BOUND);
    expectClose('d_state', gpu('d_state'), twin('d_state'), F32_BOUND);
  });

  it('gives padded rows no gradient', () => {
    const dX = runTwin([dispatch(8, 1, 5)], { state: ramp(8, 3), d_state: 8 })('d_state');
    expect([...dX].map((value) => value !== 0)).toEqual([true, true, true, true, true, false, false, false]);
  });
});

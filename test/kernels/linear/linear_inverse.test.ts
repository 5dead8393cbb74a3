import { describe, expect, it } from 'vitest';
import { linearForward } from '../../../src/kernels/linear/linear_forward.ts';
import type { LinearArguments } from '../../../src/kernels/linear/linear_forward.ts';
import { linearInverse } from '../../../src/kernels/linear/linear_inverse.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { linearParameters, linearSlots } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;

describe('linear_inverse', () => {
  it.each([
    [4, 2],
    [252, 3],
    [256, 5],
    [260, 17],
    [1028, 7],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([linearInverse(args(rows, features, true))], {
      parameters: linearParameters(features),
      state: ramp(features * rows, 3, 5),
      scratch: new Float32Array(features * rows).fill(NaN),
      log_det: ramp(rows, 9),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
  });

  it.each([2, 17, 64])(
    'undoes linear_forward at %i features, and the two log-dets cancel',
    async (features) => {
      const before = ramp(features * 68, 3);
      const { gpu } = await runBoth(
        [linearForward(args(68, features, false)), linearInverse(args(68, features, true))],
        { parameters: linearParameters(features), state: before, scratch: features * 68, log_det: 68 },
      );
      expectClose('state', gpu('state'), before, INVERSE_BOUND);
      expect(gpu('log_det')).toEqual(new Float32Array(68));
    },
  );

  it('starts the log-det where it does not add, whatever was there', async () => {
    const { gpu, twin } = await runBoth([linearInverse(args(4, 3, false))], {
      parameters: linearParameters(3),
      state: ramp(12),
      scratch: 12,
      log_det: new Float32Array(4).fill(NaN),
    });
    expectClose('log_det', gpu('log_det'), twin('log_det'), F32_BOUND);
  });
});

function args(rows: number, features: number, accumulate: boolean): LinearArguments {
  return {
    rows,
    slots: linearSlots(features),
    accumulate,
    parameters: 'parameters',
    state: 'state',
    scratch: 'scratch',
    logDet: 'log_det',
  };
}

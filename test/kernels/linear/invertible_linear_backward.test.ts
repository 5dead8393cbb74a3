import { describe, it } from 'vitest';
import { invertibleLinearBackward } from '../../../src/kernels/linear/invertible_linear_backward.ts';
import { invertibleLinear } from '../../../src/kernels/linear/invertible_linear.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { linearParameters, linearSlots } from '../slots.ts';

const F32_BOUND = 1e-5;
const INVERSE_BOUND = 1e-4;
const GRADIENT_BOUND = 1e-4;

describe('invertible_linear_backward', () => {
  it.each([
    [4, 2],
    [252, 3],
    [256, 5],
    [260, 17],
    [1028, 7],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features)], {
      parameters: linearParameters(features),
      state: ramp(features * rows, 3, 5),
      d_state: ramp(features * rows, 0.5, 3),
      inner: features * rows,
      d_outer: features * rows,
      d_inner: features * rows,
    });
    for (const name of ['state', 'inner']) expectClose(name, gpu(name), twin(name), F32_BOUND);
    for (const name of ['d_state', 'd_outer', 'd_inner']) {
      expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
    }
  });

  it('rebuilds the input of invertible_linear from its output, at 64 features', async () => {
    const [rows, features] = [68, 64];
    const before = ramp(features * rows, 3);
    const { gpu } = await runBoth(
      [
        invertibleLinear({
          inverse: false,
          rows,
          slots: linearSlots(features),
          accumulate: false,
          parameters: 'parameters',
          state: 'state',
          scratch: 'inner',
          logDet: 'log_det',
        }),
        dispatch(rows, features),
      ],
      {
        parameters: linearParameters(features),
        state: before,
        log_det: rows,
        d_state: features * rows,
        inner: features * rows,
        d_outer: features * rows,
        d_inner: features * rows,
      },
    );
    expectClose('state', gpu('state'), before, INVERSE_BOUND);
  });
});

function dispatch(rows: number, features: number): ReturnType<typeof invertibleLinearBackward> {
  return invertibleLinearBackward({
    rows,
    slots: linearSlots(features),
    parameters: 'parameters',
    state: 'state',
    dState: 'd_state',
    inner: 'inner',
    dOuter: 'd_outer',
    dInner: 'd_inner',
  });
}

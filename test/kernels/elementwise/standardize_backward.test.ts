import { describe, expect, it } from 'vitest';
import { standardizeBackward } from '../../../src/kernels/elementwise/standardize_backward.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { spreads, tensorSlot } from '../slots.ts';

const F32_BOUND = 1e-5;

describe('standardize_backward', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 7],
  ])('matches its twin at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, features)], {
      parameters: Float32Array.of(NaN, ...ramp(features, 4), ...spreads(features)),
      state: ramp(features * rows, 9),
      d_state: ramp(features * rows, 5),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    expectClose('d_state', gpu('d_state'), twin('d_state'), F32_BOUND);
  });

  it('divides the gradient by the standard deviation', async () => {
    const { gpu } = await runBoth([dispatch(1, 1)], {
      parameters: Float32Array.of(NaN, 3, 4),
      state: Float32Array.of(0.5),
      d_state: Float32Array.of(2),
    });
    expect([gpu('state')[0], gpu('d_state')[0]]).toEqual([5, 0.5]);
  });
});

function dispatch(rows: number, features: number): ReturnType<typeof standardizeBackward> {
  return standardizeBackward({
    rows,
    mean: tensorSlot('mean', [features], 1),
    std: tensorSlot('std', [features], 1 + features),
    parameters: 'parameters',
    state: 'state',
    dState: 'd_state',
  });
}

import { describe, expect, it } from 'vitest';
import { couplingShift } from '../../src/kernels/coupling_shift.ts';
import { couplingShiftBackward } from '../../src/kernels/coupling_shift_backward.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { ramp, runBoth } from './harness.ts';
import { transformBlock } from './slots.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;
const SHIFT_BOUND = 1.5;

describe('coupling_shift_backward', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 7],
  ])('matches its twin at %i rows, %i transformed features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(rows, 0, features)], {
      conditioner_output: ramp(features * rows, 2),
      d_state: ramp(features * rows, 0.5, 3),
      state: ramp(features * rows, 3, 5),
      d_conditioner_output: ramp(features * rows, 1, 4),
    });
    expectClose('state', gpu('state'), twin('state'), F32_BOUND);
    const name = 'd_conditioner_output';
    expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
  });

  it('undoes coupling_shift on the transformed block, and reads no other', async () => {
    const rows = 65;
    const before = ramp(6 * rows, 3);
    const forward = couplingShift({
      rows,
      blocks: transformBlock(2, 3),
      sign: 1,
      shiftBound: SHIFT_BOUND,
      conditionerOutput: 'conditioner_output',
      state: 'state',
    });
    const { gpu } = await runBoth([forward, dispatch(rows, 2, 3)], {
      conditioner_output: ramp(3 * rows, 2),
      d_state: 6 * rows,
      state: before,
      d_conditioner_output: ramp(3 * rows),
    });
    expectClose('state', gpu('state'), before, F32_BOUND);
    expect(gpu('d_conditioner_output')).toEqual(new Float32Array(3 * rows));
  });

  it('gives no gradient where the shift is at its bound', async () => {
    const { gpu } = await runBoth([dispatch(3, 0, 1)], {
      conditioner_output: Float32Array.of(-1e4, 1e4, 0),
      d_state: Float32Array.of(1, 1, 1),
      state: Float32Array.of(1, 1, 1),
      d_conditioner_output: 3,
    });
    expect(gpu('d_conditioner_output')).toEqual(Float32Array.of(0, 0, 1));
    expect(gpu('state')).toEqual(Float32Array.of(1 + SHIFT_BOUND, 1 - SHIFT_BOUND, 1));
  });
});

function dispatch(rows: number, start: number, count: number): ReturnType<typeof couplingShiftBackward> {
  return couplingShiftBackward({
    rows,
    blocks: transformBlock(start, count),
    shiftBound: SHIFT_BOUND,
    conditionerOutput: 'conditioner_output',
    state: 'state',
    dState: 'd_state',
    dConditionerOutput: 'd_conditioner_output',
  });
}

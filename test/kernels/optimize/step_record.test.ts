import { describe, expect, it } from 'vitest';
import { stepRecord } from '../../../src/kernels/optimize/step_record.ts';
import { expectClose } from '../../support/compare.ts';
import { runBoth } from '../harness.ts';

const F32_BOUND = 1e-5;

describe('step_record', () => {
  it('records mean NLL and gradient norm in the slot of the step and counts the step', async () => {
    const { gpu, twin } = await runBoth([dispatch(7, 4)], contents([2], 4));
    expectClose('step_losses', gpu('step_losses'), twin('step_losses'), F32_BOUND);
    expect(gpu('step_losses').slice(4, 6)).toEqual(Float32Array.of(3, 5));
    expect(gpu('step_state')).toEqual(Uint32Array.of(3, 0));
  });

  it('leaves every other slot alone', async () => {
    const { gpu } = await runBoth([dispatch(7, 4)], contents([2], 4));
    expect(gpu('step_losses').slice(0, 4)).toEqual(Float32Array.of(-1, -1, -1, -1));
    expect(gpu('step_losses').slice(6)).toEqual(Float32Array.of(-1, -1));
  });

  it('wraps around at the end of the ring', async () => {
    const dispatches = [0, 1, 2, 3, 4].map((step) => ({
      ...dispatch(7, 3),
      buffers: { ...dispatch(7, 3).buffers, step_sums: `step_sums ${step}` },
    }));
    const sums = Object.fromEntries(
      dispatches.map((_, step) => [`step_sums ${step}`, Float32Array.of(7 * step, 25)]),
    );
    const { gpu, twin } = await runBoth(dispatches, { ...contents([0], 3), ...sums });
    expectClose('step_losses', gpu('step_losses'), twin('step_losses'), F32_BOUND);
    expect(gpu('step_losses')).toEqual(Float32Array.of(3, 5, 4, 5, 2, 5));
    expect(gpu('step_state')).toEqual(Uint32Array.of(5, 0));
  });

  it.each([
    ['NaN', NaN],
    ['infinity', Infinity],
  ])('passes %s on, for the reader to notice', async (_, value) => {
    const { gpu } = await runBoth([dispatch(7, 1)], {
      ...contents([0], 1),
      step_sums: Float32Array.of(value, value),
    });
    expect([...gpu('step_losses')].map(Number.isFinite)).toEqual([false, false]);
  });

  it('records a norm of -1 for a finite step whose update was refused, and is ready for the next', async () => {
    const { gpu, twin } = await runBoth([dispatch(7, 4)], {
      ...contents([2], 4),
      step_state: Uint32Array.of(2, 1),
    });
    expect(gpu('step_losses').slice(4, 6)).toEqual(Float32Array.of(3, -1));
    expect(gpu('step_state')).toEqual(Uint32Array.of(3, 0));
    expectClose('step_losses', gpu('step_losses'), twin('step_losses'), F32_BOUND);
  });
});

function dispatch(rows: number, ringSize: number): ReturnType<typeof stepRecord> {
  return stepRecord({
    rows,
    ringSize,
    stepSums: 'step_sums',
    stepState: 'step_state',
    stepLosses: 'step_losses',
  });
}

function contents(step: [number], ringSize: number): Parameters<typeof runBoth>[1] {
  return {
    step_sums: Float32Array.of(21, 25),
    step_state: Uint32Array.from([...step, 0]),
    step_losses: new Float32Array(2 * ringSize).fill(-1),
  };
}

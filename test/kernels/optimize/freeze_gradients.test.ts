import { describe, expect, it } from 'vitest';
import { freezeGradients } from '../../../src/kernels/optimize/freeze_gradients.ts';
import { expectClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';

/** Every third quad, and both ends of each word. */
const QUADS = [0x92492491, 0x80000001, 0x24924925];

describe('freeze_gradients', () => {
  it.each([4, 60, 64, 124, 128, 132, 260])('matches its twin at %i parameters', async (count) => {
    const { gpu, twin } = await runBoth([dispatch(count)], { gradients: ramp(count, 3, 7) });
    expectClose('gradients', gpu('gradients'), twin('gradients'), 0);
  });

  it('zeroes the frozen quads, also what is not finite there, and no other', async () => {
    const before = ramp(260, 3, 7).map((value, index) => (index === 1 ? NaN : value + 10));
    const { gpu } = await runBoth([dispatch(260)], { gradients: before });
    const wanted = before.map((value, index) => {
      const quad = Math.floor(index / 4);
      return ((QUADS[quad >> 5]! >>> (quad & 31)) & 1) === 1 ? 0 : value;
    });
    expect(gpu('gradients')).toEqual(wanted);
  });

  it('changes nothing behind the trainable parameters', async () => {
    const before = new Float32Array(68).fill(1);
    const { gpu } = await runBoth([dispatch(64)], { gradients: before });
    expect(gpu('gradients').slice(64)).toEqual(before.slice(64));
  });

  it('takes whole quads of parameters only', () => {
    expect(() => dispatch(65)).toThrow(/65 parameters are not a multiple of 4/);
  });
});

function dispatch(parameterCount: number): ReturnType<typeof freezeGradients> {
  return freezeGradients({ parameterCount, quads: QUADS, gradients: 'gradients' });
}

import { describe, expect, it } from 'vitest';
import { permutation } from '../../../src/kernels/linear/permutation.ts';
import type { TensorSlot } from '../../../src/model/tensors.ts';
import { ramp, runBoth } from '../harness.ts';
import { permutationOf, tensorSlot } from '../slots.ts';

describe.each([false, true])('permutation, inverse: %s', (inverse) => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 5],
    [257, 65],
    [1025, 7],
  ])('moves what its twin moves, to the bit, at %i rows, %i features', async (rows, features) => {
    const { gpu, twin } = await runBoth([dispatch(inverse, rows, features)], {
      parameters: Float32Array.of(9, 9, 9, ...permutationOf(features)),
      state: ramp(features * rows, 3),
      scratch: new Float32Array(features * rows).fill(NaN),
    });
    expect([...gpu('state')]).toEqual([...twin('state')]);
  });

  it('takes feature j from where the permutation says, or puts it there', async () => {
    const { gpu } = await runBoth([dispatch(inverse, 2, 3)], {
      parameters: Float32Array.of(9, 9, 9, 2, 0, 1),
      state: Float32Array.of(10, 11, 20, 21, 30, 31),
      scratch: 6,
    });
    const [forward, back] = [
      [30, 31, 10, 11, 20, 21],
      [20, 21, 30, 31, 10, 11],
    ];
    expect([...gpu('state')]).toEqual(inverse ? back : forward);
  });

  it('turns the signs that say so', async () => {
    const { gpu, twin } = await runBoth([dispatch(inverse, 2, 3, tensorSlot('signs', [3], 6))], {
      parameters: Float32Array.of(9, 9, 9, 2, 0, 1, -1, 1, -1),
      state: Float32Array.of(10, 11, 20, 21, 30, 31),
      scratch: 6,
    });
    const [forward, back] = [
      [-30, -31, 10, 11, -20, -21],
      [20, 21, -30, -31, -10, -11],
    ];
    expect([...gpu('state')]).toEqual(inverse ? back : forward);
    expect([...twin('state')]).toEqual([...gpu('state')]);
  });
});

function dispatch(
  inverse: boolean,
  rows: number,
  features: number,
  signs?: TensorSlot,
): ReturnType<typeof permutation> {
  return permutation({
    rows,
    inverse,
    permutation: tensorSlot('permutation', [features], 3),
    signs,
    parameters: 'parameters',
    state: 'state',
    scratch: 'scratch',
  });
}

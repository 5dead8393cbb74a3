import { describe, expect, it } from 'vitest';
import { rowGradientReduce } from '../../../src/kernels/optimize/row_gradient_reduce.ts';
import { expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { tensorSlot } from '../slots.ts';

const GRADIENT_BOUND = 1e-4;

describe('row_gradient_reduce', () => {
  it.each([
    [1, 1],
    [63, 2],
    [64, 3],
    [65, 23],
    [1025, 70],
  ])('matches its twin at %i rows, %i elements', async (rows, elements) => {
    const { gpu, twin } = await runBoth([dispatch(rows, rows, elements)], {
      d_rows: ramp(elements * rows),
      gradients: ramp(3 + elements, 2),
    });
    expectNormClose('gradients', gpu('gradients'), twin('gradients'), GRADIENT_BOUND);
  });

  it('adds to what is there, without the padding, and leaves other tensors alone', async () => {
    const { gpu } = await runBoth([dispatch(4, 3, 2)], {
      d_rows: Float32Array.of(1, 2, 4, NaN, -1, -2, -4, NaN),
      gradients: Float32Array.of(9, 9, 9, 1, 1, 9),
    });
    expect(gpu('gradients')).toEqual(Float32Array.of(9, 9, 9, 8, -6, 9));
  });

  it('takes the rows from a later element on', async () => {
    const { gpu } = await runBoth([dispatch(4, 4, 1, 2)], {
      d_rows: Float32Array.of(...new Float32Array(8).fill(NaN), 1, 2, 4, 8),
      gradients: 4,
    });
    expect(gpu('gradients')).toEqual(Float32Array.of(0, 0, 0, 15));
  });
});

function dispatch(
  rows: number,
  validRows: number,
  elements: number,
  firstElement = 0,
): ReturnType<typeof rowGradientReduce> {
  return rowGradientReduce({
    rows,
    validRows,
    tensor: tensorSlot('raw', [elements], 3),
    dRows: 'd_rows',
    firstElement,
    gradients: 'gradients',
  });
}

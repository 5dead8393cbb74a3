import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { reductionGroups } from '../../plan/shape.ts';

export const reduceSumSquaresKernel = {
  stem: 'reduce_sum_squares',
  params: {
    n_elements: 'u32',
  },
  bindings: {
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface ReduceSumSquaresArguments {
  elements: number;
  input: string;
  /** One sum per workgroup; `reduce_sum` over them gives the square of the norm. */
  output: string;
}

/** Sums of squares of `input` in a fixed order, one per workgroup. */
export function reduceSumSquares(args: ReduceSumSquaresArguments): Dispatch {
  const groups = reductionGroups(args.elements);
  return dispatchOf(reduceSumSquaresKernel, {
    params: { n_elements: args.elements },
    buffers: { input: args.input, output: args.output },
    workgroups: [groups, 1, 1],
    flops: 2 * args.elements,
    bytes: 4 * (args.elements + groups),
  });
}

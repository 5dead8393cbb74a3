import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { reductionGroups } from '../../plan/shape.ts';

export const reduceSumKernel = {
  stem: 'reduce_sum',
  params: {
    n_elements: 'u32',
  },
  bindings: {
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface ReduceSumArguments {
  elements: number;
  input: string;
  /** One sum per workgroup; a second reduction over them gives the total. */
  output: string;
}

/** Sums of `input` in a fixed order, one per workgroup. */
export function reduceSum(args: ReduceSumArguments): Dispatch {
  const groups = reductionGroups(args.elements);
  return dispatchOf(reduceSumKernel, {
    params: { n_elements: args.elements },
    buffers: { input: args.input, output: args.output },
    workgroups: [groups, 1, 1],
    flops: args.elements,
    bytes: 4 * (args.elements + groups),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { reductionGroups } from '../../plan/shape.ts';

export const reduceSumKernel = {
  stem: 'reduce_sum',
  params: {
    n_elements: 'u32',
    output_start: 'u32',
  },
  bindings: {
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
  },
  flags: ['SQUARES'],
} as const satisfies KernelSpec;

export interface ReduceSumArguments {
  elements: number;
  /** Whether to sum the squares. */
  squares?: boolean;
  input: string;
  /** One sum per workgroup; a second reduction over them gives the total. */
  output: string;
  /** The element of `output` that gets the first sum; default 0. */
  outputStart?: number;
}

/** Sums of `input` or of its squares in a fixed order, one per workgroup. */
export function reduceSum(args: ReduceSumArguments): Dispatch {
  const { elements, squares = false, input, output, outputStart = 0 } = args;
  const groups = reductionGroups(elements);
  return dispatchOf(reduceSumKernel, {
    params: { n_elements: elements, output_start: outputStart },
    flags: { SQUARES: squares },
    buffers: { input, output },
    workgroups: [groups, 1, 1],
    flops: (squares ? 2 : 1) * elements,
    bytes: 4 * (elements + groups),
  });
}

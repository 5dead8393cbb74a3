import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const residentWeightReduceKernel = {
  stem: 'resident_weight_reduce',
  params: {
    n_parameters: 'u32',
    n_slices: 'u32',
  },
  bindings: {
    partials: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** gradients += the sum of the slices' partial sums. */
export function residentWeightReduce(args: {
  parameters: number;
  slices: number;
  partials: string;
  gradients: string;
}): Dispatch {
  const { parameters, slices } = args;
  return dispatchOf(residentWeightReduceKernel, {
    params: { n_parameters: parameters, n_slices: slices },
    buffers: { partials: args.partials, gradients: args.gradients },
    workgroups: gridOf(parameters),
    flops: (slices + 1) * parameters,
    bytes: 4 * (slices + 2) * parameters,
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const halfParametersKernel = {
  stem: 'half_parameters',
  params: {
    n_elements: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    half_parameters: { access: 'read_write', element: 'f16' },
  },
} as const satisfies KernelSpec;

/** half_parameters = parameters, each rounded to half precision. */
export function halfParameters(args: {
  elements: number;
  parameters: string;
  halfParameters: string;
}): Dispatch {
  const { elements } = args;
  return dispatchOf(halfParametersKernel, {
    params: { n_elements: elements },
    buffers: { parameters: args.parameters, half_parameters: args.halfParameters },
    workgroups: gridOf(elements),
    flops: 0,
    bytes: (4 + 2) * elements,
  });
}

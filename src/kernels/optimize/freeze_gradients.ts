import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';

export const freezeGradientsKernel = {
  stem: 'freeze_gradients',
  params: { n_quads: 'u32' },
  bindings: {
    frozen: { access: 'read', element: 'u32', table: true },
    gradients: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface FreezeGradientsArguments {
  /** Elements that the optimiser updates, a multiple of 4. */
  parameterCount: number;
  /** A bit for each quad of parameters, in words of 32. */
  quads: readonly number[];
  gradients: string;
}

/** Zeroes the gradients of the parameters that keep their values. */
export function freezeGradients({ parameterCount, quads, gradients }: FreezeGradientsArguments): Dispatch {
  const count = quadsOf(parameterCount, 'parameters');
  return dispatchOf(freezeGradientsKernel, {
    params: { n_quads: count },
    tables: { frozen: quads },
    buffers: { gradients },
    workgroups: gridOf(count),
    flops: 0,
    bytes: 4 * parameterCount,
  });
}

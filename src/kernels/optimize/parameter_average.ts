import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';

export const parameterAverageKernel = {
  stem: 'parameter_average',
  params: {
    n_quads: 'u32',
    min_weight: 'f32',
  },
  bindings: {
    step_state: { access: 'read', element: 'u32' },
    parameters: { access: 'read', element: 'f32' },
    average: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface ParameterAverageArguments {
  /** Elements that the optimiser updates, a multiple of 4. */
  parameterCount: number;
  /** The decay of the average in a long run, in [0, 1). */
  decay: number;
  stepState: string;
  parameters: string;
  average: string;
}

/** Moves the average of the parameters towards those of this step, unless its update was refused. */
export function parameterAverage(args: ParameterAverageArguments): Dispatch {
  const { parameterCount, decay } = args;
  const quads = quadsOf(parameterCount, 'parameters');
  return dispatchOf(parameterAverageKernel, {
    params: { n_quads: quads, min_weight: 1 - decay },
    buffers: { step_state: args.stepState, parameters: args.parameters, average: args.average },
    workgroups: gridOf(quads),
    flops: 3 * parameterCount,
    bytes: 4 * 3 * parameterCount,
  });
}

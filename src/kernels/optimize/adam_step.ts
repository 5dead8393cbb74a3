import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';

export const adamStepKernel = {
  stem: 'adam_step',
  params: {
    n_quads: 'u32',
    ring_size: 'u32',
    beta1: 'f32',
    beta2: 'f32',
    epsilon: 'f32',
    clip_norm: 'f32',
  },
  bindings: {
    step_state: { access: 'read_write', element: 'u32' },
    step_scalars: { access: 'read', element: 'f32' },
    gradient_sum_squares: { access: 'read', element: 'f32' },
    nll_sum: { access: 'read', element: 'f32' },
    parameters: { access: 'read_write', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
    first_moment: { access: 'read_write', element: 'f32' },
    second_moment: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface AdamSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Global norm above which the gradient is scaled down; 0 turns clipping off. */
  clipNorm: number;
}

export interface AdamStepArguments extends AdamSettings {
  /** Elements that the optimiser updates, a multiple of 4. */
  parameterCount: number;
  ringSize: number;
  stepState: string;
  stepScalars: string;
  gradientSumSquares: string;
  nllSum: string;
  parameters: string;
  gradients: string;
  firstMoment: string;
  secondMoment: string;
}

/** One Adam update of every trainable parameter; zeroes the gradients for the next step. */
export function adamStep(args: AdamStepArguments): Dispatch {
  const { parameterCount } = args;
  const quads = quadsOf(parameterCount, 'parameters');
  return dispatchOf(adamStepKernel, {
    params: {
      n_quads: quads,
      ring_size: args.ringSize,
      beta1: args.beta1,
      beta2: args.beta2,
      epsilon: args.epsilon,
      clip_norm: args.clipNorm,
    },
    buffers: {
      step_state: args.stepState,
      step_scalars: args.stepScalars,
      gradient_sum_squares: args.gradientSumSquares,
      nll_sum: args.nllSum,
      parameters: args.parameters,
      gradients: args.gradients,
      first_moment: args.firstMoment,
      second_moment: args.secondMoment,
    },
    workgroups: gridOf(quads),
    flops: 14 * parameterCount,
    bytes: 4 * 8 * parameterCount,
  });
}

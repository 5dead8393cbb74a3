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
    weight_decay: 'f32',
  },
  bindings: {
    step_state: { access: 'read_write', element: 'u32' },
    step_scalars: { access: 'read', element: 'f32' },
    step_sums: { access: 'read', element: 'f32' },
    parameters: { access: 'read_write', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
    first_moment: { access: 'read_write', element: 'f32' },
    second_moment: { access: 'read_write', element: 'f32' },
    decayed: { access: 'read', element: 'u32', when: 'DECAY', table: true },
  },
  flags: ['DECAY'],
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
  stepSums: string;
  parameters: string;
  gradients: string;
  firstMoment: string;
  secondMoment: string;
  decay?: WeightDecay;
}

/** The weights that each step shrinks by the factor 1 − η · `rate`. */
export interface WeightDecay {
  rate: number;
  /** A bit for each quad of parameters, in words of 32. */
  quads: readonly number[];
}

/** One Adam update, with decoupled weight decay if `decay` is given, of every trainable parameter; zeroes the gradients for the next step. */
export function adamStep(args: AdamStepArguments): Dispatch {
  const { parameterCount, decay } = args;
  const quads = quadsOf(parameterCount, 'parameters');
  return dispatchOf(adamStepKernel, {
    params: {
      n_quads: quads,
      ring_size: args.ringSize,
      beta1: args.beta1,
      beta2: args.beta2,
      epsilon: args.epsilon,
      clip_norm: args.clipNorm,
      weight_decay: decay?.rate ?? 0,
    },
    flags: { DECAY: decay !== undefined },
    tables: decay === undefined ? {} : { decayed: decay.quads },
    buffers: {
      step_state: args.stepState,
      step_scalars: args.stepScalars,
      step_sums: args.stepSums,
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

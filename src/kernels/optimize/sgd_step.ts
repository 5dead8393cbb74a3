import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';
import type { WeightDecay } from './adam_step.ts';

export const sgdStepKernel = {
  stem: 'sgd_step',
  params: {
    n_quads: 'u32',
    ring_size: 'u32',
    momentum: 'f32',
    clip_norm: 'f32',
    weight_decay: 'f32',
  },
  bindings: {
    step_state: { access: 'read_write', element: 'u32' },
    step_scalars: { access: 'read', element: 'f32' },
    step_sums: { access: 'read', element: 'f32' },
    parameters: { access: 'read_write', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
    velocity: { access: 'read_write', element: 'f32' },
    decayed: { access: 'read', element: 'u32', when: 'DECAY', table: true },
  },
  flags: ['DECAY'],
} as const satisfies KernelSpec;

export interface SgdStepArguments {
  /** Elements that the optimiser updates, a multiple of 4. */
  parameterCount: number;
  ringSize: number;
  /** The share of the velocity that a step keeps, in [0, 1). */
  momentum: number;
  /** Global norm above which the gradient is scaled down; 0 turns clipping off. */
  clipNorm: number;
  decay?: WeightDecay;
  stepState: string;
  stepScalars: string;
  stepSums: string;
  parameters: string;
  gradients: string;
  velocity: string;
}

/** One step of gradient descent with momentum for every trainable parameter; zeroes the gradients for the next step. */
export function sgdStep(args: SgdStepArguments): Dispatch {
  const { parameterCount, decay } = args;
  const quads = quadsOf(parameterCount, 'parameters');
  return dispatchOf(sgdStepKernel, {
    params: {
      n_quads: quads,
      ring_size: args.ringSize,
      momentum: args.momentum,
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
      velocity: args.velocity,
    },
    workgroups: gridOf(quads),
    flops: 4 * parameterCount,
    bytes: 4 * 6 * parameterCount,
  });
}

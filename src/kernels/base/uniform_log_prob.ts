import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import { LOG_PROB_PARAMS, logProbParams } from './arguments.ts';
import type { LogProbArguments } from './arguments.ts';

export const uniformLogProbKernel = {
  stem: 'uniform_log_prob',
  params: { ...LOG_PROB_PARAMS, bound: 'f32', log_width: 'f32', outside_bits: 'u32' },
  bindings: {
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32', when: 'LOSS' },
  },
  flags: ['LOSS'],
} as const satisfies KernelSpec;

/** WGSL has no constant for −∞, and a constant expression must not produce it. */
export const NEGATIVE_INFINITY_BITS = 0xff800000;

export interface UniformLogProbArguments extends LogProbArguments {
  /** The box is [−bound, bound] in each feature; outside it the loss rises with slope 1. */
  bound: number;
}

/** log p of the uniform density on a box per row, in nats; or the loss with its gradient. */
export function uniformLogProb(args: UniformLogProbArguments): Dispatch {
  const { rows, features, bound, loss } = args;
  return dispatchOf(uniformLogProbKernel, {
    params: {
      ...logProbParams(args),
      bound,
      log_width: Math.log(2 * bound),
      outside_bits: NEGATIVE_INFINITY_BITS,
    },
    flags: { LOSS: loss !== undefined },
    buffers: {
      state: args.state,
      log_det: args.logDet,
      log_prob: args.logProb,
      ...(loss && { d_state: loss.dState }),
    },
    workgroups: gridOf(rows),
    flops: rows * (3 * features + 3),
    bytes: 4 * rows * (features * (loss === undefined ? 1 : 2) + 2),
  });
}

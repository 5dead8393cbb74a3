import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import { LOG_PROB_PARAMS, logProbParams } from './arguments.ts';
import type { LogProbArguments } from './arguments.ts';

export const standardNormalLogProbKernel = {
  stem: 'standard_normal_log_prob',
  params: LOG_PROB_PARAMS,
  bindings: {
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32', when: 'LOSS' },
  },
  flags: ['LOSS'],
} as const satisfies KernelSpec;

/** log p of N(0, I) per row, in nats; or the loss with its gradient. */
export function standardNormalLogProb(args: LogProbArguments): Dispatch {
  const { rows, features, loss } = args;
  return dispatchOf(standardNormalLogProbKernel, {
    params: logProbParams(args),
    flags: { LOSS: loss !== undefined },
    buffers: {
      state: args.state,
      log_det: args.logDet,
      log_prob: args.logProb,
      ...(loss && { d_state: loss.dState }),
    },
    workgroups: gridOf(rows),
    flops: rows * ((loss === undefined ? 2 : 3) * features + 4),
    bytes: 4 * rows * ((loss === undefined ? 1 : 2) * features + 2),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const baseLogProbKernel = {
  stem: 'base_log_prob',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    sign: 'f32',
  },
  bindings: {
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface BaseLogProbArguments {
  rows: number;
  features: number;
  /** +1 where `logDet` is that of the forward map, −1 where it is that of the inverse. */
  sign: 1 | -1;
  state: string;
  logDet: string;
  logProb: string;
}

/** log p(x) per row from the latent z: the standard normal's log-density plus the log-det, in nats. */
export function baseLogProb(args: BaseLogProbArguments): Dispatch {
  const { rows, features } = args;
  return dispatchOf(baseLogProbKernel, {
    params: { n_rows: rows, n_features: features, sign: args.sign },
    buffers: { state: args.state, log_det: args.logDet, log_prob: args.logProb },
    workgroups: gridOf(rows),
    flops: rows * (2 * features + 4),
    bytes: 4 * rows * (features + 2),
  });
}

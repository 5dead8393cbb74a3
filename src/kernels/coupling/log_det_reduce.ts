import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const logDetReduceKernel = {
  stem: 'log_det_reduce',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    sign: 'f32',
    accumulate: 'u32',
  },
  bindings: {
    log_scale: { access: 'read', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface LogDetReduceArguments {
  rows: number;
  features: number;
  /** +1 for the forward map, −1 for the inverse. */
  sign: 1 | -1;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  logScale: string;
  logDet: string;
}

/** The log-determinant of one coupling per row: logDet (+)= sign · Σⱼ s[j]. */
export function logDetReduce(args: LogDetReduceArguments): Dispatch {
  const { rows, features } = args;
  return dispatchOf(logDetReduceKernel, {
    params: { n_rows: rows, n_features: features, sign: args.sign, accumulate: args.accumulate ? 1 : 0 },
    buffers: { log_scale: args.logScale, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: rows * (features + 1),
    bytes: 4 * rows * (features + (args.accumulate ? 2 : 1)),
  });
}

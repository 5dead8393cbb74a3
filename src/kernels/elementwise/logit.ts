import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const logitKernel = {
  stem: 'logit',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    start: 'f32',
    span: 'f32',
    log_span: 'f32',
    accumulate: 'u32',
  },
  bindings: {
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE'],
} as const satisfies KernelSpec;

/** The line v = start + span · x that takes pixels into (0, 1). */
export interface PixelLine {
  start: number;
  span: number;
}

export interface LogitArguments extends PixelLine {
  rows: number;
  features: number;
  inverse: boolean;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  state: string;
  logDet: string;
}

/** Pixels x → z = logit(start + span · x) or the inverse, in place; adds the map's log-det to logDet, or starts it. */
export function logit({ rows, features, start, span, ...args }: LogitArguments): Dispatch {
  return dispatchOf(logitKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      start,
      span,
      log_span: Math.log(span),
      accumulate: args.accumulate ? 1 : 0,
    },
    flags: { INVERSE: args.inverse },
    buffers: { state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: 9 * rows * features,
    bytes: 4 * rows * (2 * features + (args.accumulate ? 2 : 1)),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import type { PixelLine } from './logit.ts';

export const logitBackwardKernel = {
  stem: 'logit_backward',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    start: 'f32',
    span: 'f32',
    d_log_det: 'f32',
  },
  bindings: {
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface LogitBackwardArguments extends PixelLine {
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  features: number;
  /** ∂loss/∂logDet, equal for every row. */
  dLogDet: number;
  state: string;
  dState: string;
}

/** Rebuilds pixels x from z = logit(start + span · x) and pulls the gradient back to x, in place. */
export function logitBackward(args: LogitBackwardArguments): Dispatch {
  const { rows, validRows, features, start, span, dLogDet } = args;
  const elements = rows * features;
  return dispatchOf(logitBackwardKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: validRows,
      n_features: features,
      start,
      span,
      d_log_det: dLogDet,
    },
    buffers: { state: args.state, d_state: args.dState },
    workgroups: gridOf(elements),
    flops: 14 * elements,
    bytes: 4 * 4 * elements,
  });
}

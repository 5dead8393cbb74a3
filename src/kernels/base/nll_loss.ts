import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const nllLossKernel = {
  stem: 'nll_loss',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    row_start: 'u32',
    n_total: 'u32',
  },
  bindings: {
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    nll: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface NllLossArguments {
  rows: number;
  /** Rows before the padding, which has neither loss nor gradient. */
  validRows: number;
  features: number;
  /** Where this chunk's rows begin in `nll`. */
  rowStart: number;
  /** Rows B of the whole batch, over which the loss is the mean. */
  totalRows: number;
  state: string;
  logDet: string;
  dState: string;
  nll: string;
}

/** The negative log-likelihood of each row in nats, and the gradient of its mean with respect to z. */
export function nllLoss(args: NllLossArguments): Dispatch {
  const { rows, features } = args;
  return dispatchOf(nllLossKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: args.validRows,
      n_features: features,
      row_start: args.rowStart,
      n_total: args.totalRows,
    },
    buffers: { state: args.state, log_det: args.logDet, d_state: args.dState, nll: args.nll },
    workgroups: gridOf(rows),
    flops: rows * (3 * features + 4),
    bytes: 4 * rows * (2 * features + 2),
  });
}

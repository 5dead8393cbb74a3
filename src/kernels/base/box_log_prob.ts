import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import type { BaseLoss } from './mixture_log_prob.ts';

export const boxLogProbKernel = {
  stem: 'box_log_prob',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    row_start: 'u32',
    n_total: 'u32',
    bound: 'f32',
    log_width: 'f32',
    outside_bits: 'u32',
    sign: 'f32',
  },
  bindings: {
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32', when: 'LOSS' },
  },
  flags: ['LOSS'],
} as const satisfies KernelSpec;

/** WGSL has no constant for it, nor may one be the result of a constant expression. */
const NEGATIVE_INFINITY_BITS = 0xff800000;

export interface BoxArguments {
  rows: number;
  features: number;
  /** The box is [−bound, bound] in each feature. */
  bound: number;
  /** +1 for the log-det of the forward map, −1 for that of the inverse. */
  sign: 1 | -1;
  state: string;
  logDet: string;
  /** With `loss` it receives the losses, which outside the box are those of walls of slope 1. */
  logProb: string;
  loss?: BaseLoss;
}

/** log p of the uniform density on a box per row, in nats; or the loss with its gradient. */
export function boxLogProb(args: BoxArguments): Dispatch {
  const { rows, features, bound, loss } = args;
  return dispatchOf(boxLogProbKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: loss?.validRows ?? rows,
      n_features: features,
      row_start: loss?.rowStart ?? 0,
      n_total: loss?.totalRows ?? rows,
      bound,
      log_width: Math.log(2 * bound),
      outside_bits: NEGATIVE_INFINITY_BITS,
      sign: args.sign,
    },
    flags: { LOSS: loss !== undefined },
    buffers: {
      state: args.state,
      log_det: args.logDet,
      log_prob: args.logProb,
      ...(loss === undefined ? {} : { d_state: loss.dState }),
    },
    workgroups: gridOf(rows),
    flops: rows * (3 * features + 3),
    bytes: 4 * rows * (features * (loss === undefined ? 1 : 2) + 2),
  });
}

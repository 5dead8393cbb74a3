import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';
import type { BaseLoss } from './mixture_log_prob.ts';

export const studentTLogProbKernel = {
  stem: 'student_t_log_prob',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    log_df_offset: 'u32',
    row_start: 'u32',
    n_total: 'u32',
    sign: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read', element: 'f32' },
    log_det: { access: 'read', element: 'f32' },
    log_prob: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32', when: 'LOSS' },
    d_base: { access: 'read_write', element: 'f32', when: 'LOSS' },
  },
  flags: ['LOSS'],
} as const satisfies KernelSpec;

export interface StudentTArguments {
  rows: number;
  /** Logarithms of the degrees of freedom, one a feature. */
  logDf: TensorSlot;
  /** +1 for the log-det of the forward map, −1 for that of the inverse. */
  sign: 1 | -1;
  parameters: string;
  state: string;
  logDet: string;
  /** With `loss` it receives the negative log-likelihoods. */
  logProb: string;
  /** `dBase` receives each row's gradient of log_df. */
  loss?: BaseLoss & { dBase: string };
}

/** Normaliser 45, tail 15, the rest a feature; with the gradients the normaliser's slope 30. */
const FLOPS = { value: 65, gradients: 45 };

/** log p of independent Student t's per row, in nats; or the loss with its gradients. */
export function studentTLogProb(args: StudentTArguments): Dispatch {
  const { rows, logDf, loss } = args;
  const features = logDf.length;
  return dispatchOf(studentTLogProbKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: loss?.validRows ?? rows,
      n_features: features,
      log_df_offset: logDf.offset,
      row_start: loss?.rowStart ?? 0,
      n_total: loss?.totalRows ?? rows,
      sign: args.sign,
    },
    flags: { LOSS: loss !== undefined },
    buffers: {
      parameters: args.parameters,
      state: args.state,
      log_det: args.logDet,
      log_prob: args.logProb,
      ...(loss === undefined ? {} : { d_state: loss.dState, d_base: loss.dBase }),
    },
    workgroups: gridOf(rows),
    flops: rows * features * (FLOPS.value + (loss === undefined ? 0 : FLOPS.gradients)),
    bytes: 4 * (features + rows * (features * (loss === undefined ? 1 : 3) + 2)),
  });
}

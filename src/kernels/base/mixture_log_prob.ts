import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { MixtureSlots } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const mixtureLogProbKernel = {
  stem: 'mixture_log_prob',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    n_components: 'u32',
    mean_offset: 'u32',
    log_scale_offset: 'u32',
    logits_offset: 'u32',
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

/** What makes a log-probability the loss of a batch. */
export interface BaseLoss {
  /** Rows before the padding, which has neither loss nor gradient. */
  validRows: number;
  /** Where this chunk's rows begin in the buffer of the losses. */
  rowStart: number;
  /** Rows B of the whole batch, over which the loss is the mean. */
  totalRows: number;
  dState: string;
}

export interface MixtureArguments {
  rows: number;
  slots: MixtureSlots;
  /** +1 for the log-det of the forward map, −1 for that of the inverse. */
  sign: 1 | -1;
  parameters: string;
  state: string;
  logDet: string;
  /** With `loss` it receives the negative log-likelihoods. */
  logProb: string;
  /** `dBase` receives each row's gradients of mean, log_scale and logits, one after the other. */
  loss?: BaseLoss & { dBase: string };
}

/** log p of a mixture of diagonal normals per row, in nats; or the loss with its gradients. */
export function mixtureLogProb(args: MixtureArguments): Dispatch {
  const { rows, slots, loss } = args;
  const { mean, logScale, logits } = slots;
  const [components = 1, features = 1] = mean.shape;
  const elements = rows * mean.length;
  return dispatchOf(mixtureLogProbKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: loss?.validRows ?? rows,
      n_features: features,
      n_components: components,
      mean_offset: mean.offset,
      log_scale_offset: logScale.offset,
      logits_offset: logits?.offset ?? 0,
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
    flops: elements * (loss === undefined ? 7 : 20),
    bytes:
      4 *
      (rows * (features + 2) + 2 * mean.length + (loss === undefined ? 0 : 2 * elements + rows * features)),
  });
}

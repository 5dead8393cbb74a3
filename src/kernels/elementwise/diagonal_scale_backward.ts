import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { foldedGroups } from '../../plan/shape.ts';

export const diagonalScaleBackwardKernel = {
  stem: 'diagonal_scale_backward',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    log_scale_offset: 'u32',
    bias_offset: 'u32',
    d_log_det: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['BIAS'],
} as const satisfies KernelSpec;

export interface DiagonalScaleBackwardArguments {
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  logScale: TensorSlot;
  /** If omitted, it is 0 and has no gradient. */
  bias?: TensorSlot;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  parameters: string;
  state: string;
  dState: string;
  gradients: string;
}

/** Rebuilds x from z = (x + b) ⊙ exp(λ), pulls the gradient back to x and adds the gradients of λ and b. */
export function diagonalScaleBackward(args: DiagonalScaleBackwardArguments): Dispatch {
  const { rows, logScale, bias } = args;
  const features = logScale.length;
  const tensors = bias === undefined ? 1 : 2;
  return dispatchOf(diagonalScaleBackwardKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: args.validRows,
      n_features: features,
      log_scale_offset: logScale.offset,
      bias_offset: bias?.offset ?? 0,
      d_log_det: args.dLogDet,
    },
    flags: { BIAS: bias !== undefined },
    buffers: {
      parameters: args.parameters,
      state: args.state,
      d_state: args.dState,
      gradients: args.gradients,
    },
    workgroups: foldedGroups(features),
    flops: (2 + 2 * tensors) * rows * features,
    bytes: 4 * (3 * tensors * features + 4 * rows * features),
  });
}

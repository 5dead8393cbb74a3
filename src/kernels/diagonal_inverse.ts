import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { gridOf } from '../shape.ts';
import type { DiagonalArguments } from './diagonal_forward.ts';

export const diagonalInverseKernel = {
  stem: 'diagonal_inverse',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    log_scale_offset: 'u32',
    bias_offset: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
  flags: ['BIAS'],
} as const satisfies KernelSpec;

/** x = z ⊙ exp(−λ) − b per feature, in place; takes Σ λ from logDet, or starts it. */
export function diagonalInverse(args: DiagonalArguments): Dispatch {
  const { rows, logScale, bias } = args;
  const features = logScale.length;
  const tensors = bias === undefined ? 1 : 2;
  return dispatchOf(diagonalInverseKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      log_scale_offset: logScale.offset,
      bias_offset: bias?.offset ?? 0,
      accumulate: args.accumulate ? 1 : 0,
    },
    flags: { BIAS: bias !== undefined },
    buffers: { parameters: args.parameters, state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: (2 + tensors) * rows * features,
    bytes: 4 * (tensors * features + 2 * rows * features + rows),
  });
}

import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { gridOf, quadsOf } from '../shape.ts';
import { linearFlops, linearOffsets } from './linear_forward.ts';
import type { LinearArguments } from './linear_forward.ts';

export const linearInverseKernel = {
  stem: 'linear_inverse',
  params: {
    n_quads: 'u32',
    n_features: 'u32',
    lower_offset: 'u32',
    upper_offset: 'u32',
    log_diagonal_offset: 'u32',
    permutation_offset: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    scratch: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** x from z = P L (U + diag) x for every row, in place, by substitution; takes Σ log diag from logDet, or starts it. */
export function linearInverse(args: LinearArguments): Dispatch {
  const { rows, slots } = args;
  const features = slots.logDiagonal.length;
  return dispatchOf(linearInverseKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_features: features,
      ...linearOffsets(slots),
      accumulate: args.accumulate ? 1 : 0,
    },
    buffers: {
      parameters: args.parameters,
      state: args.state,
      scratch: args.scratch,
      log_det: args.logDet,
    },
    workgroups: gridOf(quadsOf(rows)),
    flops: linearFlops(rows, features),
    bytes: 4 * (features * features + features + 2 * rows * features + rows),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { LinearSlots } from '../../model/tensors.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';
import { linearFlops, linearOffsets } from './invertible_linear.ts';

export const invertibleLinearBackwardKernel = {
  stem: 'invertible_linear_backward',
  params: {
    n_quads: 'u32',
    n_features: 'u32',
    lower_offset: 'u32',
    upper_offset: 'u32',
    log_diagonal_offset: 'u32',
    permutation_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    inner: { access: 'read_write', element: 'f32' },
    d_outer: { access: 'read_write', element: 'f32' },
    d_inner: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface InvertibleLinearBackwardArguments {
  /** A multiple of 4. */
  rows: number;
  slots: LinearSlots;
  parameters: string;
  state: string;
  dState: string;
  /** Receives y = (U + diag) x; as large as the state, like the next two. */
  inner: string;
  /** Receives the gradient of L y. */
  dOuter: string;
  /** Receives the gradient of y. */
  dInner: string;
}

/**
 * Rebuilds x from z = P L (U + diag) x and pulls the gradient back to x. Stores the inputs of the tensors' gradients.
 */
export function invertibleLinearBackward(args: InvertibleLinearBackwardArguments): Dispatch {
  const { rows, slots } = args;
  const features = slots.logDiagonal.length;
  return dispatchOf(invertibleLinearBackwardKernel, {
    params: { n_quads: quadsOf(rows), n_features: features, ...linearOffsets(slots) },
    buffers: {
      parameters: args.parameters,
      state: args.state,
      d_state: args.dState,
      inner: args.inner,
      d_outer: args.dOuter,
      d_inner: args.dInner,
    },
    workgroups: gridOf(quadsOf(rows)),
    flops: 2 * linearFlops(rows, features),
    bytes: 4 * (features * features + features + 7 * rows * features),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { foldedGroups } from '../../plan/shape.ts';

export const classConditionalBackwardKernel = {
  stem: 'class_conditional_backward',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    n_context: 'u32',
    mean_offset: 'u32',
  },
  bindings: {
    d_state: { access: 'read', element: 'f32' },
    context: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface ClassConditionalBackwardArguments {
  rows: number;
  features: number;
  contextCount: number;
  /** M [features, contextCount]. */
  mean: TensorSlot;
  /** The gradient of z − M c, zero in the padding. */
  dState: string;
  context: string;
  gradients: string;
}

/** Adds the gradient of M: −Σ d_state cᵀ over the rows. */
export function classConditionalBackward(args: ClassConditionalBackwardArguments): Dispatch {
  const { rows, features, contextCount, mean } = args;
  return dispatchOf(classConditionalBackwardKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      n_context: contextCount,
      mean_offset: mean.offset,
    },
    buffers: { d_state: args.dState, context: args.context, gradients: args.gradients },
    workgroups: foldedGroups(mean.length),
    flops: 2 * rows * mean.length,
    bytes: 4 * (rows * (features + contextCount) + 2 * mean.length),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const standardizeBackwardKernel = {
  stem: 'standardize_backward',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    mean_offset: 'u32',
    std_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface StandardizeBackwardArguments {
  rows: number;
  mean: TensorSlot;
  std: TensorSlot;
  parameters: string;
  state: string;
  dState: string;
}

/** Rebuilds x from z = (x − mean) / std and pulls the gradient back to x, in place. */
export function standardizeBackward(args: StandardizeBackwardArguments): Dispatch {
  const { rows, mean, std } = args;
  const features = mean.length;
  return dispatchOf(standardizeBackwardKernel, {
    params: { n_rows: rows, n_features: features, mean_offset: mean.offset, std_offset: std.offset },
    buffers: { parameters: args.parameters, state: args.state, d_state: args.dState },
    workgroups: gridOf(rows),
    flops: 3 * rows * features,
    bytes: 4 * (2 * features + 4 * rows * features),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec, LaunchOf } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const standardizeForwardKernel = {
  stem: 'standardize_forward',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    mean_offset: 'u32',
    std_offset: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface StandardizeArguments {
  rows: number;
  mean: TensorSlot;
  std: TensorSlot;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  parameters: string;
  state: string;
  logDet: string;
}

/** z = (x − mean) / std per feature, in place; takes Σ log std from logDet, or starts it. */
export function standardizeForward(args: StandardizeArguments): Dispatch {
  return dispatchOf(standardizeForwardKernel, standardizeLaunch(args));
}

/** The launch of either direction. */
export function standardizeLaunch(args: StandardizeArguments): LaunchOf<typeof standardizeForwardKernel> {
  const { rows, mean, std } = args;
  const features = mean.length;
  return {
    params: {
      n_rows: rows,
      n_features: features,
      mean_offset: mean.offset,
      std_offset: std.offset,
      accumulate: args.accumulate ? 1 : 0,
    },
    buffers: { parameters: args.parameters, state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: 3 * rows * features,
    bytes: 4 * (2 * features + 2 * rows * features + rows),
  };
}

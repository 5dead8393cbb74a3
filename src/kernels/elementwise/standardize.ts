import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const standardizeKernel = {
  stem: 'standardize',
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
  flags: ['INVERSE'],
} as const satisfies KernelSpec;

export interface StandardizeArguments {
  rows: number;
  inverse: boolean;
  mean: TensorSlot;
  std: TensorSlot;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  parameters: string;
  state: string;
  logDet: string;
}

/** z = (x − mean) / std per feature or the inverse, in place; adds ∓ Σ log std to logDet, or starts it. */
export function standardize(args: StandardizeArguments): Dispatch {
  const { rows, inverse, mean, std } = args;
  const features = mean.length;
  return dispatchOf(standardizeKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      mean_offset: mean.offset,
      std_offset: std.offset,
      accumulate: args.accumulate ? 1 : 0,
    },
    flags: { INVERSE: inverse },
    buffers: { parameters: args.parameters, state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: 3 * rows * features,
    bytes: 4 * (2 * features + 2 * rows * features + rows),
  });
}

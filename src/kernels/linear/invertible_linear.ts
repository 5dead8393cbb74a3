import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { LinearSlots } from '../../model/tensors.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';

export const invertibleLinearKernel = {
  stem: 'invertible_linear',
  params: {
    n_quads: 'u32',
    n_features: 'u32',
    lower_offset: 'u32',
    upper_offset: 'u32',
    log_diagonal_offset: 'u32',
    permutation_offset: 'u32',
    n_pixels: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    scratch: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE'],
} as const satisfies KernelSpec;

export interface InvertibleLinearArguments {
  /** A multiple of 4. On images, each pixel is a row. */
  rows: number;
  /** Pixels of an image, whose features are its channels. Default 1. */
  pixels?: number;
  inverse: boolean;
  slots: LinearSlots;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  parameters: string;
  state: string;
  /** As large as the state; its contents are overwritten. */
  scratch: string;
  logDet: string;
}

/** z = P L (U + diag) x for every row or the inverse, in place; adds ± Σ log diag to logDet, or starts it. */
export function invertibleLinear(args: InvertibleLinearArguments): Dispatch {
  const { rows, pixels = 1, slots } = args;
  const features = slots.logDiagonal.length;
  return dispatchOf(invertibleLinearKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_features: features,
      ...linearOffsets(slots),
      n_pixels: pixels,
      accumulate: args.accumulate ? 1 : 0,
    },
    flags: { INVERSE: args.inverse },
    buffers: {
      parameters: args.parameters,
      state: args.state,
      scratch: args.scratch,
      log_det: args.logDet,
    },
    workgroups: gridOf(quadsOf(rows)),
    flops: linearFlops(rows, features),
    bytes: 4 * (features * features + features + 2 * rows * features + rows / pixels),
  });
}

/** The params for the tensor offsets. */
export function linearOffsets({ lower, upper, logDiagonal, permutation }: LinearSlots): {
  lower_offset: number;
  upper_offset: number;
  log_diagonal_offset: number;
  permutation_offset: number;
} {
  return {
    lower_offset: lower.offset,
    upper_offset: upper.offset,
    log_diagonal_offset: logDiagonal.offset,
    permutation_offset: permutation.offset,
  };
}

/** Both triangles, D (D − 1) multiply-adds per row, the diagonal and the log-det. */
export function linearFlops(rows: number, features: number): number {
  return rows * (2 * features * (features - 1) + 2 * features);
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const diagonalScaleKernel = {
  stem: 'diagonal_scale',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    log_scale_offset: 'u32',
    bias_offset: 'u32',
    n_pixels: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE', 'BIAS'],
} as const satisfies KernelSpec;

export interface DiagonalScaleArguments {
  /** On images, each pixel is a row. */
  rows: number;
  /** Pixels of an image, whose features are its channels. Default 1. */
  pixels?: number;
  inverse: boolean;
  logScale: TensorSlot;
  /** 0 if omitted. */
  bias?: TensorSlot;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  parameters: string;
  state: string;
  logDet: string;
}

/** z = (x + b) ⊙ exp(λ) per feature or the inverse, in place; adds ± Σ λ to logDet, or starts it. */
export function diagonalScale(args: DiagonalScaleArguments): Dispatch {
  const { rows, pixels = 1, inverse, logScale, bias } = args;
  const features = logScale.length;
  const tensors = bias === undefined ? 1 : 2;
  return dispatchOf(diagonalScaleKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      log_scale_offset: logScale.offset,
      bias_offset: bias?.offset ?? 0,
      n_pixels: pixels,
      accumulate: args.accumulate ? 1 : 0,
    },
    flags: { INVERSE: inverse, BIAS: bias !== undefined },
    buffers: { parameters: args.parameters, state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: (2 + tensors) * rows * features,
    bytes: 4 * (tensors * features + 2 * rows * features + rows / pixels),
  });
}

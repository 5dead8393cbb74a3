import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { foldedGroups } from '../../plan/shape.ts';

export const actnormStartKernel = {
  stem: 'actnorm_start',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    n_pixels: 'u32',
    bias_offset: 'u32',
    log_scale_offset: 'u32',
    initialised_offset: 'u32',
    std_floor: 'f32',
  },
  bindings: {
    state: { access: 'read', element: 'f32' },
    parameters: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** Minimum standard deviation that an actnorm divides by at the start. */
const STD_FLOOR = 1e-6;

export interface ActnormStartArguments {
  rows: number;
  /** Rows before the padding; padded rows are ignored. */
  validRows: number;
  /** Pixels of an image, whose features are its channels. Default 1. */
  pixels?: number;
  bias: TensorSlot;
  logScale: TensorSlot;
  /** One element: 0 until the start is done. */
  initialised: TensorSlot;
  state: string;
  parameters: string;
}

/** Sets an actnorm's tensors so that it standardises the rows of the state, if it has not started yet. */
export function actnormStart(args: ActnormStartArguments): Dispatch {
  const { rows, validRows, pixels = 1, bias, logScale, initialised } = args;
  const features = bias.length;
  return dispatchOf(actnormStartKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: validRows,
      n_features: features,
      n_pixels: pixels,
      bias_offset: bias.offset,
      log_scale_offset: logScale.offset,
      initialised_offset: initialised.offset,
      std_floor: STD_FLOOR,
    },
    buffers: { state: args.state, parameters: args.parameters },
    workgroups: foldedGroups(features),
    flops: 4 * validRows * pixels * features,
    bytes: 4 * (validRows * pixels * features + 2 * features + 1),
  });
}

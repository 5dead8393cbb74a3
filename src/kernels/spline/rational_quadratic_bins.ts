import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { FeatureBlock } from '../../model/blocks.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const rationalQuadraticBinsKernel = {
  stem: 'rational_quadratic_bins',
  params: { n_features: 'u32', raw_start: 'u32', bound: 'f32' },
  bindings: {
    raw: { access: 'read', element: 'f32' },
    bins: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies KernelSpec;

/** The numbers of a bin, of which the last two are unused. */
export const BIN_NUMBERS = 8;

/** Splines that all rows share, one for each feature of a block. */
export interface SharedSplines {
  block: FeatureBlock;
  bins: number;
  bound: number;
}

export interface RationalQuadraticBinsArguments extends SharedSplines {
  /** [features, 3 · bins − 1] in the buffer `parameters`. */
  tensor: TensorSlot;
  parameters: string;
  /** [features, bins, 8]. */
  table: string;
}

/** Where the bins of splines start, their sizes, and the derivatives at their knots. */
export function rationalQuadraticBins(args: RationalQuadraticBinsArguments): Dispatch {
  const { block, bins, bound, tensor } = args;
  return dispatchOf(rationalQuadraticBinsKernel, {
    params: { n_features: block.count, raw_start: tensor.offset, bound },
    sizes: { BINS: bins },
    buffers: { raw: args.parameters, bins: args.table },
    workgroups: gridOf(block.count),
    flops: 24 * block.count * bins,
    bytes: 4 * (tensor.length + tableLength(args)),
  });
}

/** Length of the table of bins. */
export function tableLength({ block, bins }: SharedSplines): number {
  return block.count * bins * BIN_NUMBERS;
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import { tableLength } from './rational_quadratic_bins.ts';
import type { RationalQuadraticBinsArguments } from './rational_quadratic_bins.ts';
import { splineSlices } from './rational_quadratic_elementwise_backward.ts';

export const rationalQuadraticBinsBackwardKernel = {
  stem: 'rational_quadratic_bins_backward',
  params: { n_features: 'u32', n_slices: 'u32', raw_start: 'u32', bound: 'f32' },
  bindings: {
    raw: { access: 'read', element: 'f32' },
    d_bins: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies KernelSpec;

export interface RationalQuadraticBinsBackwardArguments extends Omit<
  RationalQuadraticBinsArguments,
  'table'
> {
  /** Rows of the pass, which says into how many slices `rationalQuadraticElementwiseBackward` cut them. */
  rows: number;
  /** [slices, features, bins, 8]. */
  dTable: string;
  gradients: string;
}

/** Adds the gradients of the raw numbers, from the gradients of the bins. */
export function rationalQuadraticBinsBackward(args: RationalQuadraticBinsBackwardArguments): Dispatch {
  const { block, bins, bound, tensor, rows } = args;
  const { slices } = splineSlices(rows);
  return dispatchOf(rationalQuadraticBinsBackwardKernel, {
    params: { n_features: block.count, n_slices: slices, raw_start: tensor.offset, bound },
    sizes: { BINS: bins },
    buffers: { raw: args.parameters, d_bins: args.dTable, gradients: args.gradients },
    workgroups: gridOf(block.count),
    flops: block.count * bins * (6 * slices + 30),
    bytes: 4 * (3 * tensor.length + slices * tableLength(args)),
  });
}

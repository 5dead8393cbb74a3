import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { LinearSlots } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const invertibleLinearWeightReduceKernel = {
  stem: 'invertible_linear_weight_reduce',
  params: {
    n_slices: 'u32',
    n_features: 'u32',
    triangle_offset: 'u32',
    log_diagonal_offset: 'u32',
    d_log_det: 'f32',
  },
  bindings: {
    partials: { access: 'read', element: 'f32' },
    parameters: { access: 'read', element: 'f32', when: 'UPPER' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['UPPER'],
} as const satisfies KernelSpec;

export interface InvertibleLinearWeightReduceArguments {
  slices: number;
  slots: LinearSlots;
  /** `upper` is U with its diagonal, `lower` is L. */
  triangle: 'upper' | 'lower';
  /** ∂loss/∂logDet, summed over the valid rows. */
  dLogDet: number;
  /** [slices, D, D + 1]: the gradients of the whole matrix by slices of the rows, and an unused column. */
  partials: string;
  parameters: string;
  gradients: string;
}

/** Adds the sums over row slices to the gradients of a triangle; with the upper one also to the diagonal's. */
export function invertibleLinearWeightReduce(args: InvertibleLinearWeightReduceArguments): Dispatch {
  const { slices, slots, triangle, partials, parameters, gradients } = args;
  const features = slots.logDiagonal.length;
  const isUpper = triangle === 'upper';
  const elements = slots[triangle].length + (isUpper ? features : 0);
  return dispatchOf(invertibleLinearWeightReduceKernel, {
    params: {
      n_slices: slices,
      n_features: features,
      triangle_offset: slots[triangle].offset,
      log_diagonal_offset: slots.logDiagonal.offset,
      d_log_det: args.dLogDet,
    },
    flags: { UPPER: isUpper },
    buffers: { partials, gradients, ...(isUpper ? { parameters } : {}) },
    workgroups: gridOf(features * features),
    flops: elements * slices,
    bytes: 4 * elements * (slices + 2),
  });
}

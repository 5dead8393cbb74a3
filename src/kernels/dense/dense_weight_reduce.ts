import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';
import { rowSlices, weightElements } from './dense_backward_weight.ts';

export const denseWeightReduceKernel = {
  stem: 'dense_weight_reduce',
  params: {
    n_slices: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    weight_offset: 'u32',
    bias_offset: 'u32',
  },
  bindings: {
    partials: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface DenseWeightReduceArguments {
  layer: DenseSlots;
  /** From `denseBackwardWeight` of the same layer, or from another kernel with `slices` slices. */
  partials: string;
  slices?: number;
  gradients: string;
}

/** Adds the sums over the row slices to the gradients of a layer's weight and bias. */
export function denseWeightReduce(args: DenseWeightReduceArguments): Dispatch {
  const { layer, partials, gradients, slices = rowSlices(layer) } = args;
  const elements = weightElements(layer);
  return dispatchOf(denseWeightReduceKernel, {
    params: {
      n_slices: slices,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    buffers: { partials, gradients },
    workgroups: gridOf(elements),
    flops: elements * slices,
    bytes: 4 * elements * (slices + 2),
  });
}

import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { DenseSlots } from '../paramLayout.ts';
import { gridOf } from '../shape.ts';

export const denseBackwardWeightKernel = {
  stem: 'dense_backward_weight',
  params: {
    n_rows: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
    bias_offset: 'u32',
  },
  bindings: {
    d_output: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface DenseBackwardWeightArguments {
  rows: number;
  layer: DenseSlots;
  dOutput: string;
  outputStart: number;
  input: string;
  inputStart: number;
  gradients: string;
}

/** The gradients of a layer's weight and bias over all rows, added to `gradients`. */
export function denseBackwardWeight(args: DenseBackwardWeightArguments): Dispatch {
  const { rows, layer } = args;
  return dispatchOf(denseBackwardWeightKernel, {
    params: {
      n_rows: rows,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    buffers: { d_output: args.dOutput, input: args.input, gradients: args.gradients },
    workgroups: gridOf(layer.outputs * (layer.inputs + 1)),
    flops: 2 * rows * layer.weight.length + rows * layer.outputs,
    bytes: 4 * (rows * (layer.inputs + layer.outputs) + 2 * (layer.weight.length + layer.bias.length)),
  });
}

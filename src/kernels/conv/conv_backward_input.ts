import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseBackwardInputArguments } from '../dense/dense_backward_input.ts';
import { convFlops, stripGrid, windowParams } from './conv_forward.ts';
import type { ConvSlots } from './conv_forward.ts';

/** The parts that the kernels share, however they cut the product. */
export const CONV_BACKWARD_INPUT = {
  params: {
    n_quads: 'u32',
    n_channels: 'u32',
    n_outputs: 'u32',
    n_columns: 'u32',
    height: 'u32',
    width: 'u32',
    parity: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    d_output: { access: 'read', element: 'f32' },
    derivative: { access: 'read', element: 'f32', when: 'HIDDEN' },
    d_input: { access: 'read_write', element: 'f32' },
  },
  flags: ['HIDDEN', 'ADD'],
} as const;

export const convBackwardInputKernel = {
  stem: 'conv_backward_input',
  ...CONV_BACKWARD_INPUT,
} as const satisfies KernelSpec;

/** Starts are channels; `rows` are those of the images, each of which has many pixels. */
export type ConvBackwardInputArguments = Omit<DenseBackwardInputArguments, 'layer' | 'inputs' | 'f16'> & {
  layer: ConvSlots;
};

export function convBackwardInputLaunch(args: ConvBackwardInputArguments) {
  const { rows, layer, derivative, add = false } = args;
  const { conv, outputs, weight } = layer;
  const images = rows * conv.height * conv.width;
  return {
    params: {
      ...windowParams(layer, rows),
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: weight.offset,
    },
    flags: { HIDDEN: derivative !== undefined, ADD: add },
    buffers: {
      parameters: args.parameters,
      d_output: args.dOutput,
      d_input: args.dInput,
      ...(derivative === undefined ? {} : { derivative }),
    },
    flops: convFlops(layer, rows),
    bytes:
      4 *
      (weight.length +
        images * (outputs + conv.channels * (1 + Number(add) + Number(derivative !== undefined)))),
  };
}

/** The gradient of a convolution's input, times φ′ below a hidden layer, or added to `dInput`. */
export function convBackwardInput(args: ConvBackwardInputArguments): Dispatch {
  const { rows, layer } = args;
  return dispatchOf(convBackwardInputKernel, {
    ...convBackwardInputLaunch(args),
    workgroups: stripGrid(layer.conv, layer.conv.channels, rows),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { rowSlices, weightElements } from '../dense/dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from '../dense/dense_backward_weight.ts';
import { convFlops, windowParams } from './conv_forward.ts';
import type { ConvSlots } from './conv_forward.ts';

export const convBackwardWeightKernel = {
  stem: 'conv_backward_weight',
  params: {
    n_quads: 'u32',
    n_channels: 'u32',
    n_outputs: 'u32',
    n_columns: 'u32',
    height: 'u32',
    width: 'u32',
    parity: 'u32',
    n_slices: 'u32',
    input_start: 'u32',
    output_start: 'u32',
  },
  bindings: {
    d_output: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32' },
    context: { access: 'read', element: 'f32', when: 'CONTEXT' },
    partials: { access: 'read_write', element: 'f32' },
  },
  flags: ['CONTEXT'],
} as const satisfies KernelSpec;

/** Outputs of an invocation's block, and taps of a filter; the same as in the shader. */
const OUTPUT_BLOCK = 2;
const TAPS = 9;

/** Starts are channels; `rows` are those of the images, each of which has many pixels. */
export type ConvBackwardWeightArguments = Omit<DenseBackwardWeightArguments, 'layer' | 'f16'> & {
  layer: ConvSlots;
  /** [contextCount, rows], if the layer reads a context. */
  context?: string;
};

/** Bytes of a convolution's inputs, the gradients of its outputs, and the sums of each slice. */
export function convWeightBytes({ rows, layer }: ConvBackwardWeightArguments, slices: number): number {
  const { conv, outputs } = layer;
  const images = rows * conv.height * conv.width;
  return 4 * (images * (conv.channels + outputs) + rows * conv.contextCount + slices * weightElements(layer));
}

/** The gradients of a convolution's weight and bias, summed over each slice of the rows. */
export function convBackwardWeight(args: ConvBackwardWeightArguments): Dispatch {
  const { rows, layer, context } = args;
  const { conv, outputs } = layer;
  const slices = rowSlices(layer);
  const blocks = conv.channels + ceilDivide(conv.contextCount + 1, TAPS);
  return dispatchOf(convBackwardWeightKernel, {
    params: {
      ...windowParams(layer, rows),
      n_slices: slices,
      input_start: args.inputStart,
      output_start: args.outputStart,
    },
    flags: { CONTEXT: context !== undefined },
    buffers: {
      d_output: args.dOutput,
      input: args.input,
      partials: args.partials,
      ...(context === undefined ? {} : { context }),
    },
    workgroups: gridOf(slices * blocks * ceilDivide(outputs, OUTPUT_BLOCK)),
    flops: convFlops(layer, rows),
    bytes: convWeightBytes(args, slices),
  });
}

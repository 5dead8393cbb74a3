import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { activationCode } from '../../model/activation.ts';
import type { ConvWindow, DenseSlots } from '../../model/tensors.ts';
import { ceilDivide, gridOf, quadsOf } from '../../plan/shape.ts';
import type { DenseForwardArguments } from '../dense/dense_forward.ts';

/** The parts that the kernels share, however they cut the product. */
export const CONV_FORWARD = {
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
    bias_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32' },
    context: { access: 'read', element: 'f32', when: 'CONTEXT' },
    output: { access: 'read_write', element: 'f32' },
    derivative: { access: 'read_write', element: 'f32', when: 'STORE_DERIVATIVE' },
  },
  flags: ['CONTEXT', 'ADD', 'STORE_DERIVATIVE'],
  constants: ['ACTIVATION'],
} as const;

export const convForwardKernel = { stem: 'conv_forward', ...CONV_FORWARD } as const satisfies KernelSpec;

/** A layer of a net that is a 3 × 3 convolution. */
export type ConvSlots = DenseSlots & { conv: ConvWindow };

/** `parity` of a layer that reads all pixels. */
const ALL_PIXELS = 2;

/** Starts are channels; `rows` are those of the images, each of which has many pixels. */
export type ConvForwardArguments = Omit<DenseForwardArguments, 'layer' | 'f16' | 'f16Input' | 'f16Output'> & {
  layer: ConvSlots;
  /** [contextCount, rows], if the layer reads a context. */
  context?: string;
};

/** The params that say what a convolution reads. */
export function windowParams({ inputs, outputs, conv }: ConvSlots, rows: number) {
  return {
    n_quads: quadsOf(rows),
    n_channels: conv.channels,
    n_outputs: outputs,
    n_columns: inputs,
    height: conv.height,
    width: conv.width,
    parity: conv.parity ?? ALL_PIXELS,
  };
}

/** Multiply-adds of a convolution, two operations each; taps outside the image are counted. */
export function convFlops({ weight, conv }: ConvSlots, rows: number): number {
  return 2 * rows * conv.height * conv.width * weight.length;
}

/** Workgroups of the kernels over strips of four pixels (shaders/shared/conv_strip.wgsl), for `features` sums a pixel. */
export function stripGrid({ height, width }: ConvWindow, features: number, rows: number) {
  return gridOf(quadsOf(rows) * height * ceilDivide(width, 4) * ceilDivide(features, 4));
}

export function convForwardLaunch(args: ConvForwardArguments) {
  const { rows, layer, activation, add = false, derivative, context } = args;
  const { conv, outputs, weight, bias } = layer;
  const images = rows * conv.height * conv.width;
  return {
    params: {
      ...windowParams(layer, rows),
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: weight.offset,
      bias_offset: bias.offset,
    },
    flags: {
      CONTEXT: context !== undefined,
      ADD: add,
      STORE_DERIVATIVE: derivative !== undefined,
    },
    constants: { ACTIVATION: activationCode(activation) },
    buffers: {
      parameters: args.parameters,
      input: args.input,
      output: args.output,
      ...(context === undefined ? {} : { context }),
      ...(derivative === undefined ? {} : { derivative }),
    },
    flops: convFlops(layer, rows),
    bytes:
      4 *
      (weight.length +
        bias.length +
        rows * conv.contextCount +
        images * (conv.channels + outputs * (1 + Number(add) + Number(derivative !== undefined)))),
  };
}

/** A 3 × 3 convolution with its activation, on images with zeros around them. */
export function convForward(args: ConvForwardArguments): Dispatch {
  const { rows, layer } = args;
  return dispatchOf(convForwardKernel, {
    ...convForwardLaunch(args),
    workgroups: stripGrid(layer.conv, layer.outputs, rows),
  });
}

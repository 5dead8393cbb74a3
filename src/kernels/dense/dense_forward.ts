import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import type { Activation } from '../../model/activation.ts';
import { ceilDivide, featureBlock, gridOf, quadsOf } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';
import { elementBytes } from './element_bytes.ts';

/** The parts that the kernels share, however they cut the product. */
export const DENSE_FORWARD = {
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
    bias_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    input: { access: 'read', element: 'f32', f16When: 'F16_INPUT' },
    output: { access: 'read_write', element: 'f32', f16When: 'F16_OUTPUT' },
    derivative: { access: 'read_write', element: 'f32', when: 'STORE_DERIVATIVE', f16When: 'F16_OUTPUT' },
  },
  flags: ['ADD', 'STORE_DERIVATIVE', 'F16', 'F16_INPUT', 'F16_OUTPUT'],
} as const;

export const denseForwardKernel = {
  stem: 'dense_forward',
  ...DENSE_FORWARD,
  constants: ['ACTIVATION', 'OUTPUT_BLOCK'],
} as const satisfies KernelSpec;

export interface DenseForwardArguments {
  /** A multiple of 4. */
  rows: number;
  layer: DenseSlots;
  activation: Activation;
  parameters: string;
  input: string;
  inputStart: number;
  output: string;
  outputStart: number;
  /** Whether to apply φ to the sum plus the contents of `output`. */
  add?: boolean;
  /** Receives φ′; omitted if no backward pass follows. */
  derivative?: string;
  /** Whether the parameters have half precision. */
  f16?: boolean;
  f16Input?: boolean;
  /** Whether the output and its derivative have half precision. */
  f16Output?: boolean;
}

/** @throws {RangeError} for a layer that adds to a half-precision output, which cannot hold sums */
function storageFlags({
  add = false,
  f16 = false,
  f16Input = false,
  f16Output = false,
}: DenseForwardArguments): {
  F16: boolean;
  F16_INPUT: boolean;
  F16_OUTPUT: boolean;
} {
  if (add && f16Output) throw new RangeError('sums are not kept in half precision');
  return { F16: f16, F16_INPUT: f16Input, F16_OUTPUT: f16Output };
}

/** Bytes of a layer's parameters, inputs and results. */
function layerBytes({
  rows,
  layer,
  add = false,
  derivative,
  f16,
  f16Input,
  f16Output,
}: DenseForwardArguments): number {
  const { inputs, outputs, weight, bias } = layer;
  return (
    elementBytes(f16) * (weight.length + bias.length) +
    elementBytes(f16Input) * rows * inputs +
    elementBytes(f16Output) * rows * outputs * (1 + Number(add) + Number(derivative !== undefined))
  );
}

export function forwardLaunch(args: DenseForwardArguments) {
  const { rows, layer, add = false, derivative } = args;
  return {
    params: {
      n_quads: quadsOf(rows),
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    flags: { ADD: add, STORE_DERIVATIVE: derivative !== undefined, ...storageFlags(args) },
    buffers: {
      parameters: args.parameters,
      input: args.input,
      output: args.output,
      ...(derivative === undefined ? {} : { derivative }),
    },
    flops: 2 * rows * layer.weight.length,
    bytes: layerBytes(args),
  };
}

/** A fully connected layer with its activation: output[o, r] = φ(Σᵢ W[o, i] · input[i, r] + b[o]). */
export function denseForward(args: DenseForwardArguments): Dispatch {
  const { rows, layer, activation } = args;
  const outputBlock = featureBlock(layer.outputs);
  return dispatchOf(denseForwardKernel, {
    ...forwardLaunch(args),
    constants: { ACTIVATION: activationCode(activation), OUTPUT_BLOCK: outputBlock },
    workgroups: gridOf(quadsOf(rows) * ceilDivide(layer.outputs, outputBlock)),
  });
}

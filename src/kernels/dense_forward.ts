import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { DenseSlots } from '../paramLayout.ts';
import type { Activation } from '../spec.ts';
import { ceilDivide, featureBlock, gridOf, quadsOf } from '../shape.ts';
import { activationCode } from './activation.ts';

export const denseForwardKernel = {
  stem: 'dense_forward',
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
    parameters: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
    slope: { access: 'read_write', element: 'f32', when: 'STORE_SLOPE' },
  },
  flags: ['ADD', 'STORE_SLOPE'],
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
  /** Whether φ is of the sum and what `output` holds already. */
  add?: boolean;
  /** Where φ′ goes; left out where no backward pass follows. */
  slope?: string;
}

/** One fully connected layer with its activation: output[o, r] = φ(Σᵢ W[o, i] · input[i, r] + b[o]). */
export function denseForward(args: DenseForwardArguments): Dispatch {
  const { rows, layer, add = false, slope } = args;
  const outputs = rows * layer.outputs;
  const quads = quadsOf(rows);
  const outputBlock = featureBlock(layer.outputs);
  return dispatchOf(denseForwardKernel, {
    params: {
      n_quads: quads,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    flags: { ADD: add, STORE_SLOPE: slope !== undefined },
    constants: { ACTIVATION: activationCode(args.activation), OUTPUT_BLOCK: outputBlock },
    buffers: {
      parameters: args.parameters,
      input: args.input,
      output: args.output,
      ...(slope === undefined ? {} : { slope }),
    },
    workgroups: gridOf(quads * ceilDivide(layer.outputs, outputBlock)),
    flops: 2 * outputs * layer.inputs,
    bytes:
      4 *
      (layer.weight.length +
        layer.bias.length +
        rows * layer.inputs +
        outputs * (1 + Number(add) + Number(slope !== undefined))),
  });
}

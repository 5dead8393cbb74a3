import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';
import { layerBytes, storageFlags } from './dense_forward.ts';
import type { DenseForwardArguments } from './dense_forward.ts';
import { KEPT_SIZES, keptSizes, streamedRanges } from './kept_product.ts';

export const denseForwardStreamedKernel = {
  stem: 'dense_forward_streamed',
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    n_range: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
    bias_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED', f16When: 'F16' },
    input: { access: 'read', element: 'f32', f16When: 'F16_INPUT' },
    output: { access: 'read_write', element: 'f32', f16When: 'F16_OUTPUT' },
    derivative: { access: 'read_write', element: 'f32', when: 'STORE_DERIVATIVE', f16When: 'F16_OUTPUT' },
    sums: { access: 'read_write', element: 'f32', when: 'F16_OUTPUT' },
  },
  flags: ['SUBGROUPS', 'ALIGNED', 'ADD', 'STORE_DERIVATIVE', 'F16', 'F16_INPUT', 'F16_OUTPUT'],
  constants: ['ACTIVATION'],
  sizes: KEPT_SIZES,
} as const satisfies KernelSpec;

export interface DenseForwardStreamedArguments extends DenseForwardArguments {
  lanes: number;
  /** [outputs, rows] f32, for intermediate sums if the output has half precision. */
  sums?: string;
}

/** Like `denseForward`, with the inputs of a quad of rows in registers; `lanes` share the loads of weights. */
export function denseForwardStreamed(args: DenseForwardStreamedArguments): Dispatch {
  const { rows, layer, add = false, derivative, lanes, sums } = args;
  const quads = quadsOf(rows);
  const { range, workgroups } = streamedRanges(quads, layer.outputs);
  const isAligned = layer.inputs % 4 === 0;
  return dispatchOf(denseForwardStreamedKernel, {
    params: {
      n_quads: quads,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      n_range: range,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    flags: {
      SUBGROUPS: lanes > 1,
      ALIGNED: isAligned,
      ADD: add,
      STORE_DERIVATIVE: derivative !== undefined,
      ...storageFlags(args),
    },
    constants: { ACTIVATION: activationCode(args.activation) },
    sizes: keptSizes(layer.inputs, lanes),
    buffers: {
      parameters: args.parameters,
      ...(isAligned ? { parameter_quads: args.parameters } : {}),
      input: args.input,
      output: args.output,
      ...(derivative === undefined ? {} : { derivative }),
      ...(sums === undefined ? {} : { sums }),
    },
    workgroups,
    flops: 2 * rows * layer.weight.length,
    bytes: layerBytes(args),
  });
}

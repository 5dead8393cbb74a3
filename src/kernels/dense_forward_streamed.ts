import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { quadsOf } from '../shape.ts';
import { activationCode } from './activation.ts';
import { denseForward } from './dense_forward.ts';
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
    parameters: { access: 'read', element: 'f32' },
    parameter_quads: { access: 'read', element: 'f32', when: 'ALIGNED' },
    input: { access: 'read', element: 'f32' },
    output: { access: 'read_write', element: 'f32' },
    slope: { access: 'read_write', element: 'f32', when: 'STORE_SLOPE' },
  },
  flags: ['SUBGROUPS', 'ALIGNED', 'ADD', 'STORE_SLOPE'],
  constants: ['ACTIVATION'],
  sizes: KEPT_SIZES,
} as const satisfies KernelSpec;

/** As `denseForward`, with the inputs of a quad of rows kept in registers; `lanes` share the loads of weights. */
export function denseForwardStreamed(args: DenseForwardArguments & { lanes: number }): Dispatch {
  const { rows, layer, add = false, slope, lanes } = args;
  const { flops, bytes } = denseForward(args);
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
    flags: { SUBGROUPS: lanes > 1, ALIGNED: isAligned, ADD: add, STORE_SLOPE: slope !== undefined },
    constants: { ACTIVATION: activationCode(args.activation) },
    sizes: keptSizes(layer.inputs, lanes),
    buffers: {
      parameters: args.parameters,
      ...(isAligned ? { parameter_quads: args.parameters } : {}),
      input: args.input,
      output: args.output,
      ...(slope === undefined ? {} : { slope }),
    },
    workgroups,
    flops,
    bytes,
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { activationCode } from '../../model/activation.ts';
import { blockedGrid, blockSizes } from './blocked_product.ts';
import { layerBytes, storageFlags } from './dense_forward.ts';
import type { DenseForwardArguments } from './dense_forward.ts';

export const denseForwardBlockedKernel = {
  stem: 'dense_forward_blocked',
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
  constants: ['ACTIVATION'],
  sizes: ['FEATURE_QUADS', 'ROW_QUADS'],
} as const satisfies KernelSpec;

/** `denseForward` for wide layers: a tile of outputs by rows per workgroup, over workgroup memory. */
export function denseForwardBlocked(args: DenseForwardArguments): Dispatch {
  const { rows, layer, add = false, derivative } = args;
  const outputs = rows * layer.outputs;
  const quads = quadsOf(rows);
  return dispatchOf(denseForwardBlockedKernel, {
    params: {
      n_quads: quads,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    flags: { ADD: add, STORE_DERIVATIVE: derivative !== undefined, ...storageFlags(args) },
    constants: { ACTIVATION: activationCode(args.activation) },
    sizes: blockSizes(quads),
    buffers: {
      parameters: args.parameters,
      input: args.input,
      output: args.output,
      ...(derivative === undefined ? {} : { derivative }),
    },
    workgroups: blockedGrid(layer.outputs, quads),
    flops: 2 * outputs * layer.inputs,
    bytes: layerBytes(args),
  });
}

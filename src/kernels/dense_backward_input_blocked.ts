import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { quadsOf } from '../shape.ts';
import { blockedGrid, blockSizes } from './blocked_product.ts';
import type { DenseBackwardInputArguments } from './dense_backward_input.ts';

export const denseBackwardInputBlockedKernel = {
  stem: 'dense_backward_input_blocked',
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    weight_stride: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    d_output: { access: 'read', element: 'f32' },
    slope: { access: 'read', element: 'f32', when: 'HIDDEN' },
    d_input: { access: 'read_write', element: 'f32' },
  },
  flags: ['HIDDEN', 'ADD'],
  sizes: ['FEATURE_QUADS', 'ROW_QUADS'],
} as const satisfies KernelSpec;

/** `denseBackwardInput` for wide layers: a tile of inputs by rows per workgroup, over workgroup memory. */
export function denseBackwardInputBlocked(args: DenseBackwardInputArguments): Dispatch {
  const { rows, layer, slope, add = false, inputs = layer.inputs } = args;
  const quads = quadsOf(rows);
  return dispatchOf(denseBackwardInputBlockedKernel, {
    params: {
      n_quads: quads,
      n_inputs: inputs,
      n_outputs: layer.outputs,
      weight_stride: layer.inputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
    },
    flags: { HIDDEN: slope !== undefined, ADD: add },
    sizes: blockSizes(quads),
    buffers: {
      parameters: args.parameters,
      d_output: args.dOutput,
      d_input: args.dInput,
      ...(slope === undefined ? {} : { slope }),
    },
    workgroups: blockedGrid(inputs, quads),
    flops: 2 * rows * inputs * layer.outputs,
    bytes:
      4 *
      (inputs * layer.outputs +
        rows * (layer.outputs + inputs * (1 + Number(add) + Number(slope !== undefined)))),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { quadsOf } from '../../plan/shape.ts';
import { blockedGrid, blockSizes } from './blocked_product.ts';
import { backwardInputBytes } from './dense_backward_input.ts';
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
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    d_output: { access: 'read', element: 'f32' },
    derivative: { access: 'read', element: 'f32', when: 'HIDDEN', f16When: 'F16' },
    d_input: { access: 'read_write', element: 'f32' },
  },
  flags: ['HIDDEN', 'ADD', 'F16'],
  sizes: ['FEATURE_QUADS', 'ROW_QUADS'],
} as const satisfies KernelSpec;

/** `denseBackwardInput` for wide layers: a tile of inputs by rows per workgroup, over workgroup memory. */
export function denseBackwardInputBlocked(args: DenseBackwardInputArguments): Dispatch {
  const { rows, layer, derivative, add = false, inputs = layer.inputs } = args;
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
    flags: { HIDDEN: derivative !== undefined, ADD: add, F16: args.f16 ?? false },
    sizes: blockSizes(quads),
    buffers: {
      parameters: args.parameters,
      d_output: args.dOutput,
      d_input: args.dInput,
      ...(derivative === undefined ? {} : { derivative }),
    },
    workgroups: blockedGrid(inputs, quads),
    flops: 2 * rows * inputs * layer.outputs,
    bytes: backwardInputBytes(args),
  });
}

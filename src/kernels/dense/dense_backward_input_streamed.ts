import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import { denseBackwardInput } from './dense_backward_input.ts';
import type { DenseBackwardInputArguments } from './dense_backward_input.ts';
import { KEPT_SIZES, keptSizes, streamedRanges } from './kept_product.ts';

export const denseBackwardInputStreamedKernel = {
  stem: 'dense_backward_input_streamed',
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    n_output_quads: 'u32',
    n_range: 'u32',
    input_start: 'u32',
    output_start: 'u32',
  },
  bindings: {
    transposed: { access: 'read', element: 'f32', f16When: 'F16' },
    d_output: { access: 'read', element: 'f32' },
    derivative: { access: 'read', element: 'f32', when: 'HIDDEN', f16When: 'F16' },
    d_input: { access: 'read_write', element: 'f32' },
  },
  flags: ['SUBGROUPS', 'HIDDEN', 'ADD', 'F16'],
  sizes: KEPT_SIZES,
} as const satisfies KernelSpec;

export interface DenseBackwardInputStreamedArguments extends Omit<DenseBackwardInputArguments, 'parameters'> {
  /** From `denseWeightTranspose`. */
  transposed: string;
  lanes: number;
}

/** Like `denseBackwardInput`, with the gradients of a quad of rows kept in registers. */
export function denseBackwardInputStreamed(args: DenseBackwardInputStreamedArguments): Dispatch {
  const {
    rows,
    layer,
    derivative,
    add = false,
    lanes,
    transposed,
    inputs = layer.inputs,
    f16 = false,
  } = args;
  const { flops, bytes } = denseBackwardInput({ ...args, parameters: transposed });
  const quads = quadsOf(rows);
  const { range, workgroups } = streamedRanges(quads, inputs);
  return dispatchOf(denseBackwardInputStreamedKernel, {
    params: {
      n_quads: quads,
      n_inputs: inputs,
      n_outputs: layer.outputs,
      n_output_quads: ceilDivide(layer.outputs, 4),
      n_range: range,
      input_start: args.inputStart,
      output_start: args.outputStart,
    },
    flags: { SUBGROUPS: lanes > 1, HIDDEN: derivative !== undefined, ADD: add, F16: f16 },
    sizes: keptSizes(layer.outputs, lanes),
    buffers: {
      transposed,
      d_output: args.dOutput,
      d_input: args.dInput,
      ...(derivative === undefined ? {} : { derivative }),
    },
    workgroups,
    flops,
    bytes,
  });
}

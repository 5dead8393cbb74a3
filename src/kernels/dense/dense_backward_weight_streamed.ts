import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import { quadsOf } from '../../plan/shape.ts';
import { weightElements } from './dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from './dense_backward_weight.ts';
import { elementBytes } from './element_bytes.ts';
import { KEPT_SIZES, keptSizes, streamedRanges } from './kept_product.ts';

export const denseBackwardWeightStreamedKernel = {
  stem: 'dense_backward_weight_streamed',
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
    d_output: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32', f16When: 'F16' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  flags: ['SUBGROUPS', 'F16'],
  sizes: KEPT_SIZES,
} as const satisfies KernelSpec;

export interface DenseBackwardWeightStreamedArguments extends Omit<DenseBackwardWeightArguments, 'partials'> {
  gradients: string;
  lanes: number;
}

/** Whether the rows of a layer's weight are whole quads, as the kernel requires. */
export function hasQuadInputs({ inputs, weight, bias }: DenseSlots): boolean {
  return [inputs, weight.offset, bias.offset].every((value) => value % 4 === 0);
}

/**
 * Adds the gradients of a layer's weight and bias, with the inputs of some rows kept in registers.
 * @throws {RangeError} for a layer without `hasQuadInputs`
 */
export function denseBackwardWeightStreamed(args: DenseBackwardWeightStreamedArguments): Dispatch {
  const { rows, layer, lanes, f16 = false } = args;
  if (!hasQuadInputs(layer))
    throw new RangeError(`${layer.inputs} inputs at ${layer.weight.offset} are not whole quads`);
  const { range, workgroups } = streamedRanges(layer.inputs / 4, layer.outputs);
  return dispatchOf(denseBackwardWeightStreamedKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      n_range: range,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
      bias_offset: layer.bias.offset,
    },
    flags: { SUBGROUPS: lanes > 1, F16: f16 },
    sizes: keptSizes(rows, lanes),
    buffers: { d_output: args.dOutput, input: args.input, gradients: args.gradients },
    workgroups,
    flops: 2 * rows * layer.weight.length + rows * layer.outputs,
    bytes: elementBytes(f16) * rows * layer.inputs + 4 * (rows * layer.outputs + 2 * weightElements(layer)),
  });
}

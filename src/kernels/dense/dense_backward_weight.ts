import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import { ceilDivide, featureBlock, gridOf, quadsOf } from '../../plan/shape.ts';
import { elementBytes } from './element_bytes.ts';

export const denseBackwardWeightKernel = {
  stem: 'dense_backward_weight',
  params: {
    n_quads: 'u32',
    n_slices: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    input_start: 'u32',
    output_start: 'u32',
  },
  bindings: {
    d_output: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32', f16When: 'F16' },
    partials: { access: 'read_write', element: 'f32' },
  },
  flags: ['F16'],
  constants: ['OUTPUT_BLOCK'],
} as const satisfies KernelSpec;

/** Columns of an invocation's block; the same as in the shader. */
const COLUMN_BLOCK = 4;

const MAX_SLICES = 16;

/** Maximum bytes of the partial sums of one layer. */
export const PARTIALS_BYTES = 16 * 2 ** 20;

/** Slices of the rows with separate sums: 16, or fewer for layers with large partial sums. */
export function rowSlices(layer: DenseSlots): number {
  const fitting = Math.floor(PARTIALS_BYTES / (4 * weightElements(layer)));
  return Math.min(MAX_SLICES, Math.max(1, fitting));
}

/** Weights and biases of a layer. */
export function weightElements(layer: DenseSlots): number {
  return layer.outputs * (layer.inputs + 1);
}

export interface DenseBackwardWeightArguments {
  /** A multiple of 4. */
  rows: number;
  layer: DenseSlots;
  dOutput: string;
  outputStart: number;
  input: string;
  inputStart: number;
  /** [rowSlices, outputs, inputs + 1]; `denseWeightReduce` adds the slices to the gradients. */
  partials: string;
  /** Whether the input has half precision. */
  f16?: boolean;
}

/** The gradients of a layer's weight and bias, summed over each slice of the rows. */
export function denseBackwardWeight(args: DenseBackwardWeightArguments): Dispatch {
  const { rows, layer, f16 = false } = args;
  const slices = rowSlices(layer);
  const outputBlock = featureBlock(layer.outputs);
  const blocks = ceilDivide(layer.outputs, outputBlock) * ceilDivide(layer.inputs + 1, COLUMN_BLOCK);
  return dispatchOf(denseBackwardWeightKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_slices: slices,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
    },
    flags: { F16: f16 },
    constants: { OUTPUT_BLOCK: outputBlock },
    buffers: { d_output: args.dOutput, input: args.input, partials: args.partials },
    workgroups: gridOf(slices * blocks),
    flops: 2 * rows * layer.weight.length + rows * layer.outputs,
    bytes:
      elementBytes(f16) * rows * layer.inputs + 4 * (rows * layer.outputs + slices * weightElements(layer)),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import { ceilDivide, featureBlock, gridOf, quadsOf } from '../../plan/shape.ts';
import { elementBytes } from './element_bytes.ts';

/** The parts that the kernels share, however they cut the product. */
export const DENSE_BACKWARD_INPUT = {
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
} as const;

export const denseBackwardInputKernel = {
  stem: 'dense_backward_input',
  ...DENSE_BACKWARD_INPUT,
  constants: ['INPUT_BLOCK'],
} as const satisfies KernelSpec;

export interface DenseBackwardInputArguments {
  /** A multiple of 4. */
  rows: number;
  layer: DenseSlots;
  /** Count of the leading layer inputs that need a gradient; by default all. */
  inputs?: number;
  parameters: string;
  dOutput: string;
  outputStart: number;
  dInput: string;
  inputStart: number;
  /** φ′ of the hidden layer below; omitted if there is no activation in between. */
  derivative?: string;
  /** Whether to add to the contents of `dInput`, as for the state. */
  add?: boolean;
  /** Whether parameters and derivative have half precision. */
  f16?: boolean;
}

/** Bytes of a layer's weight, the gradients of its outputs and inputs, and φ′ or the previous gradient. */
function backwardInputBytes({
  rows,
  layer,
  inputs = layer.inputs,
  derivative,
  add = false,
  f16,
}: DenseBackwardInputArguments): number {
  const { outputs } = layer;
  return (
    elementBytes(f16) * inputs * outputs +
    4 * rows * (outputs + inputs * (1 + Number(add))) +
    (derivative === undefined ? 0 : elementBytes(f16) * rows * inputs)
  );
}

export function backwardInputLaunch(args: DenseBackwardInputArguments) {
  const { rows, layer, derivative, add = false, inputs = layer.inputs } = args;
  return {
    params: {
      n_quads: quadsOf(rows),
      n_inputs: inputs,
      n_outputs: layer.outputs,
      weight_stride: layer.inputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
    },
    flags: { HIDDEN: derivative !== undefined, ADD: add, F16: args.f16 ?? false },
    buffers: {
      parameters: args.parameters,
      d_output: args.dOutput,
      d_input: args.dInput,
      ...(derivative === undefined ? {} : { derivative }),
    },
    flops: 2 * rows * inputs * layer.outputs,
    bytes: backwardInputBytes(args),
  };
}

/** The gradient of a layer's input: d_input = φ′ ⊙ Wᵀ d_output below a hidden layer, or added to `dInput`. */
export function denseBackwardInput(args: DenseBackwardInputArguments): Dispatch {
  const { rows, layer, inputs = layer.inputs } = args;
  const inputBlock = featureBlock(inputs);
  return dispatchOf(denseBackwardInputKernel, {
    ...backwardInputLaunch(args),
    constants: { INPUT_BLOCK: inputBlock },
    workgroups: gridOf(quadsOf(rows) * ceilDivide(inputs, inputBlock)),
  });
}

import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { DenseSlots } from '../paramLayout.ts';
import { ceilDivide, featureBlock, gridOf, quadsOf } from '../shape.ts';
import { elementBytes } from './element_bytes.ts';

export const denseBackwardInputKernel = {
  stem: 'dense_backward_input',
  params: {
    n_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    input_start: 'u32',
    output_start: 'u32',
    weight_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    d_output: { access: 'read', element: 'f32' },
    slope: { access: 'read', element: 'f32', when: 'HIDDEN', f16When: 'F16' },
    d_input: { access: 'read_write', element: 'f32' },
  },
  flags: ['HIDDEN', 'F16'],
  constants: ['INPUT_BLOCK'],
} as const satisfies KernelSpec;

export interface DenseBackwardInputArguments {
  /** A multiple of 4. */
  rows: number;
  layer: DenseSlots;
  parameters: string;
  dOutput: string;
  outputStart: number;
  dInput: string;
  inputStart: number;
  /** φ′ of the hidden layer below; left out for the first layer, whose result is added to `dInput`. */
  slope?: string;
  /** Whether parameters and slope are of half precision. */
  f16?: boolean;
}

/** Bytes of a layer's weight, the gradients of its outputs and inputs, and the slope, or the inputs' gradient before. */
export function backwardInputBytes({
  rows,
  layer,
  slope,
  f16,
}: Pick<DenseBackwardInputArguments, 'rows' | 'layer' | 'slope' | 'f16'>): number {
  const { inputs, outputs, weight } = layer;
  return (
    elementBytes(f16) * weight.length +
    4 * rows * (outputs + inputs) +
    elementBytes(f16 && slope !== undefined) * rows * inputs
  );
}

/** The gradient of a layer's input: d_input = φ′ ⊙ Wᵀ d_output below a hidden layer, += Wᵀ d_output at the state. */
export function denseBackwardInput(args: DenseBackwardInputArguments): Dispatch {
  const { rows, layer, slope } = args;
  const inputs = rows * layer.inputs;
  const quads = quadsOf(rows);
  const inputBlock = featureBlock(layer.inputs);
  return dispatchOf(denseBackwardInputKernel, {
    params: {
      n_quads: quads,
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
      weight_offset: layer.weight.offset,
    },
    flags: { HIDDEN: slope !== undefined, F16: args.f16 ?? false },
    constants: { INPUT_BLOCK: inputBlock },
    buffers: {
      parameters: args.parameters,
      d_output: args.dOutput,
      d_input: args.dInput,
      ...(slope === undefined ? {} : { slope }),
    },
    workgroups: gridOf(quads * ceilDivide(layer.inputs, inputBlock)),
    flops: 2 * inputs * layer.outputs,
    bytes: backwardInputBytes(args),
  });
}

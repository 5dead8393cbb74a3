import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { elementBytes } from './element_bytes.ts';

export const denseWeightTransposeKernel = {
  stem: 'dense_weight_transpose',
  params: {
    n_inputs: 'u32',
    n_outputs: 'u32',
    n_output_quads: 'u32',
    weight_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32', f16When: 'F16' },
    transposed: { access: 'read_write', element: 'f32', f16When: 'F16' },
  },
  flags: ['F16'],
} as const satisfies KernelSpec;

/** Elements of a layer's transposed weight, whose rows are padded to a multiple of four. */
export function transposedElements({ inputs, outputs }: DenseSlots): number {
  return inputs * 4 * ceilDivide(outputs, 4);
}

/** transposed[i, o] = W[o, i]. */
export function denseWeightTranspose(args: {
  layer: DenseSlots;
  parameters: string;
  transposed: string;
  /** Whether both have half precision. */
  f16?: boolean;
}): Dispatch {
  const { layer, parameters, transposed, f16 = false } = args;
  const quads = ceilDivide(layer.outputs, 4);
  return dispatchOf(denseWeightTransposeKernel, {
    params: {
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      n_output_quads: quads,
      weight_offset: layer.weight.offset,
    },
    flags: { F16: f16 },
    buffers: { parameters, transposed },
    workgroups: gridOf(layer.inputs * quads),
    flops: 0,
    bytes: elementBytes(f16) * (layer.weight.length + transposedElements(layer)),
  });
}

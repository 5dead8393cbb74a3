import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { DenseSlots } from '../paramLayout.ts';
import { ceilDivide, gridOf } from '../shape.ts';

export const denseWeightTransposeKernel = {
  stem: 'dense_weight_transpose',
  params: {
    n_inputs: 'u32',
    n_outputs: 'u32',
    n_output_quads: 'u32',
    weight_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    transposed: { access: 'read_write', element: 'f32' },
  },
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
}): Dispatch {
  const { layer, parameters, transposed } = args;
  const quads = ceilDivide(layer.outputs, 4);
  return dispatchOf(denseWeightTransposeKernel, {
    params: {
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      n_output_quads: quads,
      weight_offset: layer.weight.offset,
    },
    buffers: { parameters, transposed },
    workgroups: gridOf(layer.inputs * quads),
    flops: 0,
    bytes: 4 * (layer.weight.length + transposedElements(layer)),
  });
}

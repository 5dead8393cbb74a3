import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { DenseSlots } from '../../model/tensors.ts';
import { ceilDivide } from '../../plan/shape.ts';
import { BLOCK_SIZES, blockedGrid, BLOCK } from './blocked_product.ts';
import { PARTIALS_BYTES, weightElements } from './dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from './dense_backward_weight.ts';
import { elementBytes } from './element_bytes.ts';

export const denseBackwardWeightBlockedKernel = {
  stem: 'dense_backward_weight_blocked',
  params: {
    n_rows: 'u32',
    slice_rows: 'u32',
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
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** Minimum rows of a slice: with fewer, partial sums would cost more than the extra workgroups gain. */
const MIN_SLICE_ROWS = 256;

const MAX_SLICES = 64;

/** Slices of `rows` rows with separate sums; fewer for layers with large partial sums. */
export function blockedRowSlices(rows: number, layer: DenseSlots): number {
  return ceilDivide(rows, sliceRows(rows, layer));
}

export function sliceRows(rows: number, layer: DenseSlots): number {
  const fitting = Math.max(1, Math.floor(PARTIALS_BYTES / (4 * weightElements(layer))));
  return Math.max(MIN_SLICE_ROWS, ceilDivide(rows, Math.min(MAX_SLICES, fitting)));
}

/**
 * `denseBackwardWeight` for wide layers: a tile of outputs by inputs per workgroup, over workgroup memory.
 * Its partials have `blockedRowSlices` slices.
 */
export function denseBackwardWeightBlocked(args: DenseBackwardWeightArguments): Dispatch {
  const { rows, layer, f16 = false } = args;
  const slices = blockedRowSlices(rows, layer);
  const columnQuads = ceilDivide(layer.inputs, 4);

  const [columnTiles, outputTiles] = blockedGrid(layer.outputs, columnQuads);
  return dispatchOf(denseBackwardWeightBlockedKernel, {
    params: {
      n_rows: rows,
      slice_rows: sliceRows(rows, layer),
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
    },
    flags: { F16: f16 },
    sizes: BLOCK,
    buffers: { d_output: args.dOutput, input: args.input, partials: args.partials },
    workgroups: [columnTiles, outputTiles, slices],
    flops: 2 * rows * layer.weight.length + rows * layer.outputs,
    bytes:
      elementBytes(f16) * rows * layer.inputs + 4 * (rows * layer.outputs + slices * weightElements(layer)),
  });
}

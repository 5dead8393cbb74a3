import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide } from '../../plan/shape.ts';
import { BLOCK, BLOCK_SIZES, blockedGrid } from '../dense/blocked_product.ts';
import { blockedRowSlices, sliceRows } from '../dense/dense_backward_weight_blocked.ts';
import { convWeightBytes } from './conv_backward_weight.ts';
import type { ConvBackwardWeightArguments } from './conv_backward_weight.ts';
import { convFlops, windowParams } from './conv_forward.ts';
import type { ConvSlots } from './conv_forward.ts';

export const convBackwardWeightBlockedKernel = {
  stem: 'conv_backward_weight_blocked',
  params: {
    n_rows: 'u32',
    n_channels: 'u32',
    n_outputs: 'u32',
    n_columns: 'u32',
    height: 'u32',
    width: 'u32',
    parity: 'u32',
    slice_rows: 'u32',
    input_start: 'u32',
    output_start: 'u32',
  },
  bindings: {
    d_output: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32' },
    context: { access: 'read', element: 'f32', when: 'CONTEXT' },
    partials: { access: 'read_write', element: 'f32' },
  },
  flags: ['CONTEXT'],
  sizes: BLOCK_SIZES,
} as const satisfies KernelSpec;

/** Slices of the pixels of `rows` images with separate sums. */
export function blockedImageSlices(rows: number, layer: ConvSlots): number {
  return blockedRowSlices(rows * layer.conv.height * layer.conv.width, layer);
}

/**
 * `convBackwardWeight` for wide layers: a tile of outputs by columns per workgroup, over workgroup memory. Its partials have
 * `blockedImageSlices` slices.
 */
export function convBackwardWeightBlocked(args: ConvBackwardWeightArguments): Dispatch {
  const { rows, layer, context } = args;
  const { n_quads: _, ...window } = windowParams(layer, rows);
  const slices = blockedImageSlices(rows, layer);
  const [columnTiles, outputTiles] = blockedGrid(layer.outputs, ceilDivide(layer.inputs, 4));
  return dispatchOf(convBackwardWeightBlockedKernel, {
    params: {
      n_rows: rows,
      ...window,
      slice_rows: sliceRows(rows * window.height * window.width, layer),
      input_start: args.inputStart,
      output_start: args.outputStart,
    },
    flags: { CONTEXT: context !== undefined },
    sizes: BLOCK,
    buffers: {
      d_output: args.dOutput,
      input: args.input,
      partials: args.partials,
      ...(context === undefined ? {} : { context }),
    },
    workgroups: [columnTiles, outputTiles, slices],
    flops: convFlops(layer, rows),
    bytes: convWeightBytes(args, slices),
  });
}

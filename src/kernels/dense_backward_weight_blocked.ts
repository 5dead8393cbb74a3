import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { DenseSlots } from '../paramLayout.ts';
import { ceilDivide, quadsOf, roundUp } from '../shape.ts';
import { PARTIALS_BYTES, weightElements } from './dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from './dense_backward_weight.ts';

export const denseBackwardWeightBlockedKernel = {
  stem: 'dense_backward_weight_blocked',
  params: {
    n_quads: 'u32',
    slice_quads: 'u32',
    n_inputs: 'u32',
    n_outputs: 'u32',
    input_start: 'u32',
    output_start: 'u32',
  },
  bindings: {
    d_output: { access: 'read', element: 'f32' },
    input: { access: 'read', element: 'f32' },
    partials: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** Outputs, and inputs, of a workgroup's tile; quads that it brings in at once. As in the shader. */
const TILE_FEATURES = 64;
const TILE_QUADS = 4;

/** Quads of a slice at least: fewer would cost more in partial sums than more workgroups gain. */
const MIN_SLICE_QUADS = 64;

const MAX_SLICES = 64;

/** Slices of `rows` rows that are summed apart, fewer for layers whose partial sums would be large. */
export function blockedRowSlices(rows: number, layer: DenseSlots): number {
  return ceilDivide(quadsOf(rows), sliceQuads(rows, layer));
}

function sliceQuads(rows: number, layer: DenseSlots): number {
  const fitting = Math.max(1, Math.floor(PARTIALS_BYTES / (4 * weightElements(layer))));
  const quads = ceilDivide(quadsOf(rows), Math.min(MAX_SLICES, fitting));
  return roundUp(Math.max(MIN_SLICE_QUADS, quads), TILE_QUADS);
}

/**
 * `denseBackwardWeight` for wide layers: a tile of outputs by inputs per workgroup, over workgroup memory. Its partials
 * have `blockedRowSlices` slices.
 */
export function denseBackwardWeightBlocked(args: DenseBackwardWeightArguments): Dispatch {
  const { rows, layer } = args;
  const slices = blockedRowSlices(rows, layer);
  return dispatchOf(denseBackwardWeightBlockedKernel, {
    params: {
      n_quads: quadsOf(rows),
      slice_quads: sliceQuads(rows, layer),
      n_inputs: layer.inputs,
      n_outputs: layer.outputs,
      input_start: args.inputStart,
      output_start: args.outputStart,
    },
    buffers: { d_output: args.dOutput, input: args.input, partials: args.partials },
    workgroups: [
      ceilDivide(layer.inputs, TILE_FEATURES),
      ceilDivide(layer.outputs, TILE_FEATURES),
      slices,
    ],
    flops: 2 * rows * layer.weight.length + rows * layer.outputs,
    bytes: 4 * (rows * (layer.inputs + layer.outputs) + slices * weightElements(layer)),
  });
}

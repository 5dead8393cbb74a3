import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide } from '../../plan/shape.ts';
import { NONE } from './ops.ts';
import { TRIANGLES } from './resident_pack.ts';
import type { Triangle } from './resident_pack.ts';
import { pairsOf } from './resident_pass.ts';

export const residentBackwardWeightKernel = {
  stem: 'resident_backward_weight',
  params: {
    n_pairs: 'u32',
    slice_pairs: 'u32',
    n_slots: 'u32',
    n_parameters: 'u32',
  },
  bindings: {
    blocks: { access: 'read', element: 'u32', table: true },
    factors: { access: 'read', element: 'f32' },
    partials: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** A matrix of gradients: sums over the rows of products of two ranges of factors. */
export interface WeightProduct {
  /** The first slot of the gradients of the outputs, and their count. */
  outSlot: number;
  outputs: number;
  /** The first slot of the inputs, and their count; 0 for a bias alone. */
  inSlot: number;
  inputs: number;
  /** Offsets of the tensors [outputs, inputs] and [outputs]. */
  weight?: number;
  bias?: number;
  /** The triangle of the matrix that the tensor holds. */
  triangle?: Triangle;
}

/** Rows and columns of a workgroup's block. */
const BLOCK = 32;
/** Words of a block's record. */
export const BLOCK_WORDS = 12;
/** Workgroups that fill a GPU, and slices of the rows at most. */
const ENOUGH_WORKGROUPS = 128;
const MAX_SLICES = 16;

interface Shape {
  rows: number;
  products: readonly WeightProduct[];
}

/** The slices of the rows, each with separate partial sums: as many as keep a GPU busy with these products. */
export function residentSlices({ rows, products }: Shape): number {
  const wanted = ceilDivide(ENOUGH_WORKGROUPS, Math.max(1, blocksOf(products).length / BLOCK_WORDS));
  const pairs = pairsOf(rows);
  return ceilDivide(pairs, ceilDivide(pairs, Math.min(wanted, MAX_SLICES, pairs)));
}

/** The gradients of all tensors in `products`, as partial sums [slices, parameters]. */
export function residentBackwardWeight(
  args: Shape & { slices: number; slots: number; parameters: number; factors: string; partials: string },
): Dispatch {
  const { rows, products, slices, slots, parameters } = args;
  const blocks = blocksOf(products);
  const pairs = pairsOf(rows);
  const elements = products.reduce((sum, { outputs, inputs }) => sum + outputs * (inputs + 1), 0);
  return dispatchOf(residentBackwardWeightKernel, {
    params: {
      n_pairs: pairs,
      slice_pairs: ceilDivide(pairs, slices),
      n_slots: slots,
      n_parameters: parameters,
    },
    tables: { blocks },
    buffers: { factors: args.factors, partials: args.partials },
    workgroups: [blocks.length / BLOCK_WORDS, slices, 1],
    flops: 2 * rows * elements,
    bytes: 4 * (rows * slots + slices * elements),
  });
}

/** One block after the other, BLOCK_WORDS words each. */
function blocksOf(products: readonly WeightProduct[]): number[] {
  const words: number[] = [];
  for (const { outSlot, outputs, inSlot, inputs, weight, bias, triangle = 'none' } of products) {
    for (let o = 0; o < outputs; o += BLOCK) {
      for (let i = 0; i < inputs + Number(bias !== undefined); i += BLOCK) {
        words.push(outSlot, outputs, inSlot, inputs, weight ?? NONE, bias ?? NONE, o, i);
        words.push(TRIANGLES.indexOf(triangle), 0, 0, 0);
      }
    }
  }
  return words;
}

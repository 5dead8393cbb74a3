import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { splitRow, splitSeed, STREAMS } from '../random.ts';
import { ceilDivide, gridOf } from '../shape.ts';

export const baseSampleKernel = {
  stem: 'base_sample',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    row_start_lo: 'u32',
    row_start_hi: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
    stream: 'u32',
    temperature: 'f32',
  },
  bindings: {
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface BaseSampleArguments {
  rows: number;
  features: number;
  /** Index of the first row; row indices are 64-bit. */
  rowStart: number;
  seed: number;
  /** Standard deviation of the base distribution. */
  temperature: number;
  state: string;
}

// Box and Muller per pair: logarithm 14, square root 1, cosine and sine 31, products 3; one product for the temperature.
const FLOPS_PER_NORMAL = 26;

/**
 * Rows of the base distribution N(0, temperature² I); row i of a seed is the same in every run.
 * @throws {ShapeError} for a bad seed or row index
 */
export function baseSample(args: BaseSampleArguments): Dispatch {
  const { rows, features } = args;
  const [rowLow, rowHigh] = splitRow(args.rowStart);
  const [seedLow, seedHigh] = splitSeed(args.seed);
  return dispatchOf(baseSampleKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      row_start_lo: rowLow,
      row_start_hi: rowHigh,
      seed_lo: seedLow,
      seed_hi: seedHigh,
      stream: STREAMS.baseSample,
      temperature: args.temperature,
    },
    buffers: { state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 4)),
    flops: FLOPS_PER_NORMAL * rows * features,
    bytes: 4 * rows * features,
  });
}

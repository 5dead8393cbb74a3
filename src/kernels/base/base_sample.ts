import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec, ParamsOf } from '../../plan/kernel.ts';
import { splitRow, splitSeed, STREAMS } from '../../random.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';

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

/** What every base distribution is drawn by. */
export interface DrawArguments {
  rows: number;
  /** Index of the first row; row indices are 64-bit. */
  rowStart: number;
  seed: number;
  /** Standard deviation of the base distribution; of others, a factor of their spread. */
  temperature: number;
  state: string;
}

export interface BaseSampleArguments extends DrawArguments {
  features: number;
}

// Box and Muller per pair: logarithm 14, square root 1, cosine and sine 31, products 3; one product for the temperature.
export const FLOPS_PER_NORMAL = 26;

/**
 * Rows of the base distribution N(0, temperature² I); row i of a seed is the same in every run.
 * @throws {ShapeError} for a bad seed or row index
 */
export function baseSample(args: BaseSampleArguments): Dispatch {
  const { rows, features } = args;
  return dispatchOf(baseSampleKernel, {
    params: { ...drawParams(args), n_features: features },
    buffers: { state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 4)),
    flops: FLOPS_PER_NORMAL * rows * features,
    bytes: 4 * rows * features,
  });
}

/** @throws {ShapeError} for a bad seed or row index */
export function drawParams({
  rows,
  rowStart,
  seed,
  temperature,
}: DrawArguments): Omit<ParamsOf<typeof baseSampleKernel>, 'n_features'> {
  const [rowLow, rowHigh] = splitRow(rowStart);
  const [seedLow, seedHigh] = splitSeed(seed);
  return {
    n_rows: rows,
    row_start_lo: rowLow,
    row_start_hi: rowHigh,
    seed_lo: seedLow,
    seed_hi: seedHigh,
    stream: STREAMS.baseSample,
    temperature,
  };
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import { splitSeed } from '../../random.ts';
import { FLOPS_PER_NORMAL } from '../base/arguments.ts';

export const rowNoiseKernel = {
  stem: 'row_noise',
  params: {
    n_rows: 'u32',
    row_start: 'u32',
    n_features: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
  },
  bindings: {
    step_state: { access: 'read', element: 'u32' },
    factor: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface RowNoiseArguments {
  rows: number;
  /** Index of the first row within the batch. */
  rowStart: number;
  features: number;
  seed: number;
  stepState: string;
  /** A lower triangular factor F [D, D] of the noise's covariance F Fᵀ. */
  factor: string;
  state: string;
}

/**
 * Adds normal noise to the rows of a step's batch; a row of a step gets the same noise in every run.
 * @throws {ShapeError} for a bad seed
 */
export function rowNoise({ rows, features, ...args }: RowNoiseArguments): Dispatch {
  const [seedLow, seedHigh] = splitSeed(args.seed);
  return dispatchOf(rowNoiseKernel, {
    params: {
      n_rows: rows,
      row_start: args.rowStart,
      n_features: features,
      seed_lo: seedLow,
      seed_hi: seedHigh,
    },
    buffers: { step_state: args.stepState, factor: args.factor, state: args.state },
    workgroups: gridOf(rows),
    flops: rows * features * (FLOPS_PER_NORMAL + features + 1),
    bytes: 4 * (2 * rows * features + (features * (features + 1)) / 2),
  });
}

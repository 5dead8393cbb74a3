import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { drawParams } from './base_sample.ts';
import type { DrawArguments } from './base_sample.ts';

export const boxSampleKernel = {
  stem: 'box_sample',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    row_start_lo: 'u32',
    row_start_hi: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
    stream: 'u32',
    temperature: 'f32',
    bound: 'f32',
  },
  bindings: {
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/**
 * Rows of the uniform density on a box, which a temperature below 1 shrinks.
 * @throws {ShapeError} for a bad seed or row index
 */
export function boxSample(args: DrawArguments & { features: number; bound: number }): Dispatch {
  const { rows, features, bound } = args;
  return dispatchOf(boxSampleKernel, {
    params: { ...drawParams(args), n_features: features, bound },
    buffers: { state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 4)),
    flops: 3 * rows * features,
    bytes: 4 * rows * features,
  });
}

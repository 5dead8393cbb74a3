import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { drawParams } from './base_sample.ts';
import type { DrawArguments } from './base_sample.ts';

export const studentTSampleKernel = {
  stem: 'student_t_sample',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    log_df_offset: 'u32',
    row_start_lo: 'u32',
    row_start_hi: 'u32',
    seed_lo: 'u32',
    seed_hi: 'u32',
    stream: 'u32',
    temperature: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** The logarithm 14, the exponential less one 12, cosine 31, and what joins them. */
const FLOPS_PER_T = 64;

/**
 * Rows of independent Student t's, which the temperature multiplies.
 * @throws {ShapeError} for a bad seed or row index
 */
export function studentTSample(args: DrawArguments & { logDf: TensorSlot; parameters: string }): Dispatch {
  const { rows, logDf } = args;
  const features = logDf.length;
  return dispatchOf(studentTSampleKernel, {
    params: { ...drawParams(args), n_features: features, log_df_offset: logDf.offset },
    buffers: { parameters: args.parameters, state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 2)),
    flops: FLOPS_PER_T * rows * features,
    bytes: 4 * (rows * features + features),
  });
}

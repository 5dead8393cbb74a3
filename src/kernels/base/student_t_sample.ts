import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { SAMPLE_PARAMS, sampleParams } from './arguments.ts';
import type { SampleArguments } from './arguments.ts';

export const studentTSampleKernel = {
  stem: 'student_t_sample',
  params: { ...SAMPLE_PARAMS, log_df_offset: 'u32' },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** Logarithm 14, exponential minus one 12, cosine 31, and the operations that combine them. */
const FLOPS_PER_T = 64;

/**
 * Samples of independent Student t's, multiplied by the temperature.
 * @throws {ShapeError} for a bad seed or row index
 */
export function studentTSample(args: SampleArguments & { logDf: TensorSlot }): Dispatch {
  const { rows, features, logDf } = args;
  return dispatchOf(studentTSampleKernel, {
    params: { ...sampleParams(args), log_df_offset: logDf.offset },
    buffers: { parameters: args.parameters, state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 2)),
    flops: FLOPS_PER_T * rows * features,
    bytes: 4 * (rows * features + features),
  });
}

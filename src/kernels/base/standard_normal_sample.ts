import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { FLOPS_PER_NORMAL, SAMPLE_PARAMS, sampleParams } from './arguments.ts';
import type { SampleArguments } from './arguments.ts';

export const standardNormalSampleKernel = {
  stem: 'standard_normal_sample',
  params: SAMPLE_PARAMS,
  bindings: {
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/**
 * Samples of N(0, temperature² I); row i of a seed is the same in every run.
 * @throws {ShapeError} for a bad seed or row index
 */
export function standardNormalSample(args: SampleArguments): Dispatch {
  const { rows, features } = args;
  return dispatchOf(standardNormalSampleKernel, {
    params: sampleParams(args),
    buffers: { state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 4)),
    flops: FLOPS_PER_NORMAL * rows * features,
    bytes: 4 * rows * features,
  });
}

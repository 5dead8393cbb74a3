import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { SAMPLE_PARAMS, sampleParams } from './arguments.ts';
import type { SampleArguments } from './arguments.ts';

export const uniformSampleKernel = {
  stem: 'uniform_sample',
  params: { ...SAMPLE_PARAMS, bound: 'f32' },
  bindings: {
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/**
 * Samples of the uniform density on a box; a temperature below 1 shrinks the box.
 * @throws {ShapeError} for a bad seed or row index
 */
export function uniformSample(args: SampleArguments & { bound: number }): Dispatch {
  const { rows, features, bound } = args;
  return dispatchOf(uniformSampleKernel, {
    params: { ...sampleParams(args), bound },
    buffers: { state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 4)),
    flops: 3 * rows * features,
    bytes: 4 * rows * features,
  });
}

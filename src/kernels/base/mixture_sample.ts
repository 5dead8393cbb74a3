import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { MixtureSlots } from '../../model/tensors.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { FLOPS_PER_NORMAL, SAMPLE_PARAMS, sampleParams } from './arguments.ts';
import type { SampleArguments } from './arguments.ts';

export const mixtureSampleKernel = {
  stem: 'mixture_sample',
  params: {
    ...SAMPLE_PARAMS,
    n_components: 'u32',
    mean_offset: 'u32',
    log_scale_offset: 'u32',
    logits_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** The Philox block that draws a row's component; the blocks of its features count from 0. */
export const CHOICE_BLOCK = 0x80000000;

/**
 * Samples of a mixture of diagonal normals; the temperature multiplies their standard deviations.
 * @throws {ShapeError} for a bad seed or row index
 */
export function mixtureSample(args: SampleArguments & { slots: MixtureSlots }): Dispatch {
  const { rows, features, slots } = args;
  const { mean, logScale, logits } = slots;
  const components = mean.length / features;
  return dispatchOf(mixtureSampleKernel, {
    params: {
      ...sampleParams(args),
      n_components: components,
      mean_offset: mean.offset,
      log_scale_offset: logScale.offset,
      logits_offset: logits?.offset ?? 0,
    },
    buffers: { parameters: args.parameters, state: args.state },
    workgroups: gridOf(rows * ceilDivide(features, 4)),
    flops: rows * features * (FLOPS_PER_NORMAL + 3 + components),
    bytes: 4 * (rows * features + 2 * mean.length + components),
  });
}

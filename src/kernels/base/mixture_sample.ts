import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { MixtureSlots } from '../../model/tensors.ts';
import { ceilDivide, gridOf } from '../../plan/shape.ts';
import { drawParams, FLOPS_PER_NORMAL } from './base_sample.ts';
import type { DrawArguments } from './base_sample.ts';

export const mixtureSampleKernel = {
  stem: 'mixture_sample',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    n_components: 'u32',
    mean_offset: 'u32',
    log_scale_offset: 'u32',
    logits_offset: 'u32',
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

/** The Philox block of a row that draws its component; those of its features count from 0. */
export const CHOICE_BLOCK = 0x80000000;

/**
 * Rows of a mixture of diagonal normals, whose standard deviations the temperature multiplies.
 * @throws {ShapeError} for a bad seed or row index
 */
export function mixtureSample(args: DrawArguments & { slots: MixtureSlots; parameters: string }): Dispatch {
  const { rows, slots } = args;
  const { mean, logScale, logits } = slots;
  const [components = 1, features = 1] = mean.shape;
  return dispatchOf(mixtureSampleKernel, {
    params: {
      ...drawParams(args),
      n_features: features,
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

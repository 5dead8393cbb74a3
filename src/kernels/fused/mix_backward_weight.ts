import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { netInputs } from '../../model/couplingStack.ts';
import { ceilDivide, quadsOf } from '../../plan/shape.ts';
import { FUSED_GROUP_SIZE, mixPlaces } from './coupling_stack.ts';
import type { StackRange } from './coupling_stack.ts';

export const mixBackwardWeightKernel = {
  stem: 'mix_backward_weight',
  params: {
    n_quads: 'u32',
    n_couplings: 'u32',
    mix_start: 'u32',
    coupling_stride: 'u32',
    d_log_det: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    conditions: { access: 'read', element: 'f32' },
    gradients: { access: 'read_write', element: 'f32' },
  },
  sizes: ['N_DIM', 'N_INPUT'],
} as const satisfies KernelSpec;

export interface MixBackwardWeightArguments extends Omit<StackRange, 'lanes'> {
  /** A multiple of 4. */
  rows: number;
  /** Rows before the padding. */
  validRows: number;
  /** ∂loss/∂logDet of a row. */
  dLogDet: number;
  parameters: string;
  /** From `flowBackward` of the same range. */
  conditions: string;
  gradients: string;
}

/** Gradients of the actnorms and linear maps between a range of couplings. */
export function mixBackwardWeight(args: MixBackwardWeightArguments): Dispatch {
  const { rows, stack, count } = args;
  const { dim } = stack;
  const elements = dim * (dim + 2);
  return dispatchOf(mixBackwardWeightKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_couplings: count,
      mix_start: mixPlaces(args).mix_start,
      coupling_stride: stack.couplingStride,
      d_log_det: args.validRows * args.dLogDet,
    },
    sizes: { N_DIM: dim, N_INPUT: netInputs(stack) },
    buffers: { parameters: args.parameters, conditions: args.conditions, gradients: args.gradients },
    workgroups: [ceilDivide(elements, FUSED_GROUP_SIZE), count, 1],
    flops: 2 * count * elements * rows,
    bytes: 4 * count * (5 * dim * rows + 2 * elements),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const classConditionalShiftKernel = {
  stem: 'class_conditional_shift',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    n_context: 'u32',
    mean_offset: 'u32',
    sign: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    context: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

export interface ClassConditionalShiftArguments {
  rows: number;
  features: number;
  contextCount: number;
  /** M [features, contextCount]. */
  mean: TensorSlot;
  /** +1 from N(0, I) to N(M c, I), −1 back. */
  sign: 1 | -1;
  parameters: string;
  context: string;
  state: string;
}

/** state ± M c, in place: adds the mean for the context to rows of N(0, I), or subtracts it. */
export function classConditionalShift(args: ClassConditionalShiftArguments): Dispatch {
  const { rows, features, contextCount, mean } = args;
  const elements = rows * features;
  return dispatchOf(classConditionalShiftKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      n_context: contextCount,
      mean_offset: mean.offset,
      sign: args.sign,
    },
    buffers: { parameters: args.parameters, context: args.context, state: args.state },
    workgroups: gridOf(elements),
    flops: 2 * elements * (contextCount + 1),
    bytes: 4 * (mean.length + rows * contextCount + 2 * elements),
  });
}

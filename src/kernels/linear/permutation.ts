import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const permutationKernel = {
  stem: 'permutation',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    permutation_offset: 'u32',
    signs_offset: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    scratch: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE', 'SIGNED'],
} as const satisfies KernelSpec;

export interface PermutationArguments {
  rows: number;
  inverse: boolean;
  permutation: TensorSlot;
  /** All 1 if omitted. */
  signs?: TensorSlot;
  parameters: string;
  state: string;
  /** As large as the state; its contents are overwritten. */
  scratch: string;
}

/** z[j] = ± x[π(j)] for every row or the inverse, in place; gradients are mapped with the inverse too. */
export function permutation(args: PermutationArguments): Dispatch {
  const { rows, inverse, permutation: order, signs } = args;
  const features = order.length;
  return dispatchOf(permutationKernel, {
    params: {
      n_rows: rows,
      n_features: features,
      permutation_offset: order.offset,
      signs_offset: signs?.offset ?? 0,
    },
    flags: { INVERSE: inverse, SIGNED: signs !== undefined },
    buffers: { parameters: args.parameters, state: args.state, scratch: args.scratch },
    workgroups: gridOf(rows),
    flops: signs === undefined ? 0 : rows * features,
    bytes: 4 * (features * (signs === undefined ? 1 : 2) + 2 * rows * features),
  });
}

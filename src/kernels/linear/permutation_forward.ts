import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec, LaunchOf } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';

export const permutationForwardKernel = {
  stem: 'permutation_forward',
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
  flags: ['SIGNED'],
} as const satisfies KernelSpec;

export interface PermutationArguments {
  rows: number;
  permutation: TensorSlot;
  /** Without them they are all 1. */
  signs?: TensorSlot;
  parameters: string;
  state: string;
  /** As large as the state; whatever it holds is lost. */
  scratch: string;
}

/** z[j] = ± x[π(j)] for every row, in place. */
export function permutationForward(args: PermutationArguments): Dispatch {
  return dispatchOf(permutationForwardKernel, permutationLaunch(args));
}

/** The launch of either direction. */
export function permutationLaunch(args: PermutationArguments): LaunchOf<typeof permutationForwardKernel> {
  const { rows, permutation, signs } = args;
  const features = permutation.length;
  return {
    params: {
      n_rows: rows,
      n_features: features,
      permutation_offset: permutation.offset,
      signs_offset: signs?.offset ?? 0,
    },
    flags: { SIGNED: signs !== undefined },
    buffers: { parameters: args.parameters, state: args.state, scratch: args.scratch },
    workgroups: gridOf(rows),
    flops: signs === undefined ? 0 : rows * features,
    bytes: 4 * (features * (signs === undefined ? 1 : 2) + 2 * rows * features),
  };
}

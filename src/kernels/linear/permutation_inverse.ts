import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { permutationForwardKernel, permutationLaunch } from './permutation_forward.ts';
import type { PermutationArguments } from './permutation_forward.ts';

export const permutationInverseKernel = {
  ...permutationForwardKernel,
  stem: 'permutation_inverse',
} as const satisfies KernelSpec;

/** x[π(j)] = ± z[j] for every row, in place; a gradient goes the same way. */
export function permutationInverse(args: PermutationArguments): Dispatch {
  return dispatchOf(permutationInverseKernel, permutationLaunch(args));
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { linearForwardKernel, linearLaunch } from './linear_forward.ts';
import type { LinearArguments } from './linear_forward.ts';

export const linearInverseKernel = {
  ...linearForwardKernel,
  stem: 'linear_inverse',
} as const satisfies KernelSpec;

/** x from z = P L (U + diag) x for every row, in place, by substitution; takes Σ log diag from logDet, or starts it. */
export function linearInverse(args: LinearArguments): Dispatch {
  return dispatchOf(linearInverseKernel, linearLaunch(args));
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { diagonalForwardKernel, diagonalLaunch } from './diagonal_forward.ts';
import type { DiagonalArguments } from './diagonal_forward.ts';

export const diagonalInverseKernel = {
  ...diagonalForwardKernel,
  stem: 'diagonal_inverse',
} as const satisfies KernelSpec;

/** x = z ⊙ exp(−λ) − b per feature, in place; takes Σ λ from logDet, or starts it. */
export function diagonalInverse(args: DiagonalArguments): Dispatch {
  return dispatchOf(diagonalInverseKernel, diagonalLaunch(args));
}

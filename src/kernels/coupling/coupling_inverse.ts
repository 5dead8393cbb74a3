import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { couplingForwardKernel, couplingLaunch } from './coupling_forward.ts';
import type { CouplingArguments } from './coupling_forward.ts';

export const couplingInverseKernel = {
  ...couplingForwardKernel,
  stem: 'coupling_inverse',
} as const satisfies KernelSpec;

/** The inverse affine coupling x₂ = (z₂ − t) ⊙ exp(−s), in place; s goes to `logScale`. */
export function couplingInverse(args: CouplingArguments): Dispatch {
  return dispatchOf(couplingInverseKernel, couplingLaunch(args));
}

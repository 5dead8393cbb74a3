import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { standardizeForwardKernel, standardizeLaunch } from './standardize_forward.ts';
import type { StandardizeArguments } from './standardize_forward.ts';

export const standardizeInverseKernel = {
  ...standardizeForwardKernel,
  stem: 'standardize_inverse',
} as const satisfies KernelSpec;

/** x = z · std + mean per feature, in place; adds Σ log std to logDet, or starts it. */
export function standardizeInverse(args: StandardizeArguments): Dispatch {
  return dispatchOf(standardizeInverseKernel, standardizeLaunch(args));
}

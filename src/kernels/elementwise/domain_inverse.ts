import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { domainForwardKernel, domainLaunch } from './domain_forward.ts';
import type { DomainArguments } from './domain_forward.ts';

export const domainInverseKernel = {
  ...domainForwardKernel,
  stem: 'domain_inverse',
} as const satisfies KernelSpec;

/** z → x, inside the domain, in place; adds Σ log dx/dz to logDet, or starts it. */
export function domainInverse(args: DomainArguments): Dispatch {
  return dispatchOf(domainInverseKernel, domainLaunch(args));
}

import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec, LaunchOf } from '../kernel.ts';
import { gridOf } from '../shape.ts';
import type { BoundedDomain } from '../spec.ts';

export const domainForwardKernel = {
  stem: 'domain_forward',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    feature_start: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
  constants: ['DOMAIN'],
} as const satisfies KernelSpec;

/** The numbers that shaders/shared/domain.wgsl knows them by. */
export const DOMAIN_CODES: Readonly<Record<BoundedDomain, number>> = { positive: 0, unit: 1 };

/** Features that lie side by side and have the same domain. */
export interface DomainRange {
  start: number;
  count: number;
  domain: BoundedDomain;
}

export interface DomainArguments extends DomainRange {
  rows: number;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  state: string;
  logDet: string;
}

/** x → z of features whose data are bounded, in place; adds Σ log dz/dx to logDet, or starts it. */
export function domainForward(args: DomainArguments): Dispatch {
  return dispatchOf(domainForwardKernel, domainLaunch(args));
}

/** The launch of either direction. */
export function domainLaunch(args: DomainArguments): LaunchOf<typeof domainForwardKernel> {
  const { rows, start, count, domain } = args;
  return {
    params: {
      n_rows: rows,
      n_features: count,
      feature_start: start,
      accumulate: args.accumulate ? 1 : 0,
    },
    constants: { DOMAIN: DOMAIN_CODES[domain] },
    buffers: { state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: 6 * rows * count,
    bytes: 4 * rows * (2 * count + 1 + (args.accumulate ? 1 : 0)),
  };
}

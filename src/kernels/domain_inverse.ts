import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { gridOf } from '../shape.ts';
import { DOMAIN_CODES } from './domain_forward.ts';
import type { DomainArguments } from './domain_forward.ts';

export const domainInverseKernel = {
  stem: 'domain_inverse',
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

/** z → x, inside the domain, in place; adds Σ log dx/dz to logDet, or starts it. */
export function domainInverse(args: DomainArguments): Dispatch {
  const { rows, start, count, domain } = args;
  return dispatchOf(domainInverseKernel, {
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
  });
}

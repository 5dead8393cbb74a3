import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';
import { DOMAINS } from '../../model/domain.ts';
import type { BoundedDomain } from '../../model/domain.ts';

export const domainKernel = {
  stem: 'domain',
  params: {
    n_rows: 'u32',
    n_features: 'u32',
    feature_start: 'u32',
    scale_offset: 'u32',
    accumulate: 'u32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
  },
  flags: ['INVERSE'],
  constants: ['DOMAIN'],
} as const satisfies KernelSpec;

/** Adjacent features with the same domain. */
export interface DomainRange {
  start: number;
  count: number;
  domain: BoundedDomain;
}

export interface DomainArguments extends DomainRange {
  rows: number;
  inverse: boolean;
  /** Scales of all features of the flow; positive features are divided by theirs. */
  scale: TensorSlot;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  parameters: string;
  state: string;
  logDet: string;
}

/** x → z for bounded features or the inverse, in place; adds the map's log-det to logDet, or starts it. */
export function domain(args: DomainArguments): Dispatch {
  const { rows, inverse, start, count, domain: bounds, scale } = args;
  const scales = bounds === 'positive' ? count : 0;
  return dispatchOf(domainKernel, {
    params: {
      n_rows: rows,
      n_features: count,
      feature_start: start,
      scale_offset: scale.offset,
      accumulate: args.accumulate ? 1 : 0,
    },
    flags: { INVERSE: inverse },
    constants: { DOMAIN: DOMAINS.indexOf(bounds) },
    buffers: { parameters: args.parameters, state: args.state, log_det: args.logDet },
    workgroups: gridOf(rows),
    flops: rows * (6 * count + 3 * scales),
    bytes: 4 * (scales + rows * (2 * count + 1 + (args.accumulate ? 1 : 0))),
  });
}

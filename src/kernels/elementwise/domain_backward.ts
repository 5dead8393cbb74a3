import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import { gridOf } from '../../plan/shape.ts';
import { DOMAINS } from '../../model/domain.ts';
import type { DomainRange } from './domain.ts';

export const domainBackwardKernel = {
  stem: 'domain_backward',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    feature_start: 'u32',
    scale_offset: 'u32',
    d_log_det: 'f32',
  },
  bindings: {
    parameters: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
  },
  constants: ['DOMAIN'],
} as const satisfies KernelSpec;

export interface DomainBackwardArguments extends DomainRange {
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  /** Scales of all features of the flow; positive features are divided by theirs. */
  scale: TensorSlot;
  /** ∂loss/∂logDet, equal for every row. */
  dLogDet: number;
  parameters: string;
  state: string;
  dState: string;
}

/** Rebuilds x from the images z of bounded features and pulls the gradient back to x, in place. */
export function domainBackward(args: DomainBackwardArguments): Dispatch {
  const { rows, start, count, domain: bounds, scale } = args;
  const scales = bounds === 'positive' ? count : 0;
  return dispatchOf(domainBackwardKernel, {
    params: {
      n_rows: rows,
      n_valid_rows: args.validRows,
      n_features: count,
      feature_start: start,
      scale_offset: scale.offset,
      d_log_det: args.dLogDet,
    },
    constants: { DOMAIN: DOMAINS.indexOf(bounds) },
    buffers: { parameters: args.parameters, state: args.state, d_state: args.dState },
    workgroups: gridOf(rows),
    flops: rows * (12 * count + scales),
    bytes: 4 * (scales + 4 * rows * count),
  });
}

import { DOMAINS } from '../../model/domain.ts';
import type { Domain } from '../../model/domain.ts';
import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const conditionalRowsKernel = {
  stem: 'conditional_rows',
  params: {
    n_rows: 'u32',
    n_evaluations: 'u32',
    n_features: 'u32',
    n_context: 'u32',
    n_draws: 'u32',
    feature: 'u32',
    companion: 'u32',
    domain: 'u32',
    scale: 'f32',
  },
  bindings: {
    rows: { access: 'read', element: 'f32' },
    points: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    fresh: { access: 'read', element: 'f32', when: 'NODES' },
    row_context: { access: 'read', element: 'f32', when: 'HAS_CONTEXT' },
    context: { access: 'read_write', element: 'f32', when: 'HAS_CONTEXT' },
  },
  flags: ['NODES', 'HAS_CONTEXT'],
} as const satisfies KernelSpec;

/** The numbers before and after the map to data. */
export interface ConditionalDomain {
  domain: Domain;
  /** Of the map from a positive feature; 1 for others. */
  scale: number;
}

export interface ConditionalRowsArguments extends ConditionalDomain {
  rows: number;
  /** Nodes, or cells. */
  nodes: number;
  draws: number;
  features: number;
  context: number;
  /** The feature with other values, and the one that goes with it. */
  feature: number;
  companion?: number;
  buffers: {
    rows: string;
    /** The companion of each draw, [draws, rows]; or the feature in each cell and draw, [nodes, draws, rows]. */
    points: string;
    /** The feature at each node, [nodes, rows]; without it the rows are cells. */
    fresh?: string;
    state: string;
    rowContext: string;
    context: string;
  };
}

/** Each row once for every node (or cell) and draw. */
export function conditionalRows(args: ConditionalRowsArguments): Dispatch {
  const {
    rows,
    nodes,
    draws,
    features,
    context: nContext,
    feature,
    companion = features,
    domain,
    scale,
  } = args;
  const { fresh, rowContext, context, ...others } = args.buffers;
  const evaluations = rows * nodes * draws;
  const hasContext = nContext > 0;
  return dispatchOf(conditionalRowsKernel, {
    params: {
      n_rows: rows,
      n_evaluations: evaluations,
      n_features: features,
      n_context: nContext,
      n_draws: draws,
      feature,
      companion,
      domain: DOMAINS.indexOf(domain),
      scale,
    },
    flags: { NODES: fresh !== undefined, HAS_CONTEXT: hasContext },
    buffers: {
      ...others,
      ...(fresh !== undefined && { fresh }),
      ...(hasContext && { row_context: rowContext, context }),
    },
    workgroups: gridOf(evaluations),
    flops: 0,
    bytes: 4 * evaluations * 2 * (features + nContext),
  });
}

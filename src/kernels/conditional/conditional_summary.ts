import { DOMAINS } from '../../model/domain.ts';
import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import type { ConditionalDomain } from './conditional_rows.ts';

export const conditionalSummaryKernel = {
  stem: 'conditional_summary',
  params: { n_rows: 'u32', n_nodes: 'u32', n_points: 'u32', n_levels: 'u32', domain: 'u32', scale: 'f32' },
  bindings: {
    nodes: { access: 'read', element: 'f32' },
    log_density: { access: 'read', element: 'f32' },
    points: { access: 'read', element: 'f32' },
    levels: { access: 'read', element: 'f32' },
    summary: { access: 'read_write', element: 'f32' },
  },
} as const satisfies KernelSpec;

/** Results of a row before those of points, of a point, and of a level. */
export const SUMMARY = { row: 3, point: 3, level: 1 } as const;

export interface ConditionalSummaryArguments extends ConditionalDomain {
  rows: number;
  nodes: number;
  points: number;
  levels: number;
  buffers: { nodes: string; logDensity: string; points: string; levels: string; summary: string };
}

/** Operations on a panel: 8 lines of 12 each, cubics included, for the sums and for each point and level. */
const FLOPS = 100;

/** Total mass, error, mean, points and quantiles of each row's conditional. */
export function conditionalSummary(args: ConditionalSummaryArguments): Dispatch {
  const { rows, nodes, points, levels, domain, scale, buffers } = args;
  const { logDensity, ...others } = buffers;
  const results = SUMMARY.row + SUMMARY.point * points + SUMMARY.level * levels;
  return dispatchOf(conditionalSummaryKernel, {
    params: {
      n_rows: rows,
      n_nodes: nodes,
      n_points: points,
      n_levels: levels,
      domain: DOMAINS.indexOf(domain),
      scale,
    },
    buffers: { ...others, log_density: logDensity },
    workgroups: gridOf(rows),
    flops: rows * nodes * FLOPS * (2 + 2 * points + levels),
    bytes: 4 * rows * (2 * nodes + points + levels + results),
  });
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const conditionalRefineKernel = {
  stem: 'conditional_refine',
  params: { n_rows: 'u32', n_nodes: 'u32', n_fresh: 'u32' },
  bindings: {
    nodes: { access: 'read', element: 'f32' },
    log_density: { access: 'read', element: 'f32' },
    next_nodes: { access: 'read_write', element: 'f32' },
    next_log_density: { access: 'read_write', element: 'f32' },
    fresh: { access: 'read_write', element: 'f32' },
    slots: { access: 'read_write', element: 'u32' },
  },
} as const satisfies KernelSpec;

export interface ConditionalRefineArguments {
  rows: number;
  nodes: number;
  /** Nodes to add. */
  more: number;
  buffers: {
    nodes: string;
    logDensity: string;
    nextNodes: string;
    nextLogDensity: string;
    fresh: string;
    slots: string;
  };
}

/** Operations on a panel: 8 lines of 12 each, cubics included, twice. */
const FLOPS = 300;

/** More nodes where each row's conditional is least certain. */
export function conditionalRefine({ rows, nodes, more, buffers }: ConditionalRefineArguments): Dispatch {
  const { logDensity, nextNodes, nextLogDensity, ...others } = buffers;
  return dispatchOf(conditionalRefineKernel, {
    params: { n_rows: rows, n_nodes: nodes, n_fresh: more },
    buffers: {
      ...others,
      log_density: logDensity,
      next_nodes: nextNodes,
      next_log_density: nextLogDensity,
    },
    workgroups: gridOf(rows),
    flops: rows * nodes * FLOPS,
    bytes: 4 * rows * (4 * nodes + 3 * more),
  });
}

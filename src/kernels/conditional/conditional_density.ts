import { DOMAINS } from '../../model/domain.ts';
import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import type { ConditionalDomain } from './conditional_rows.ts';

export const conditionalDensityKernel = {
  stem: 'conditional_density',
  params: { n_rows: 'u32', n_nodes: 'u32', n_draws: 'u32', domain: 'u32', scale: 'f32' },
  bindings: {
    log_prob: { access: 'read', element: 'f32' },
    draw_weight: { access: 'read', element: 'f32' },
    log_density: { access: 'read_write', element: 'f32' },
    log_weight: { access: 'read', element: 'f32', when: 'CELLS' },
    fresh: { access: 'read', element: 'f32', when: 'NODES' },
    slots: { access: 'read', element: 'u32', when: 'NODES' },
  },
  flags: ['CELLS', 'NODES'],
} as const satisfies KernelSpec;

export interface ConditionalDensityArguments extends ConditionalDomain {
  rows: number;
  /** Fresh nodes, or cells. */
  nodes: number;
  draws: number;
  logProb: string;
  /** −log of the density with which each row's draw was made, [draws, rows]. */
  drawWeight: string;
  logDensity: string;
  /** Either the weights of cells, or the nodes and their places. */
  of: { logWeight: string } | { fresh: string; slots: string };
}

/** The mean density over the draws at each fresh node, or the mass of each cell, as logarithms. */
export function conditionalDensity(args: ConditionalDensityArguments): Dispatch {
  const { rows, nodes, draws, domain, scale, logProb, drawWeight, logDensity, of } = args;
  const isCells = 'logWeight' in of;
  return dispatchOf(conditionalDensityKernel, {
    params: { n_rows: rows, n_nodes: nodes, n_draws: draws, domain: DOMAINS.indexOf(domain), scale },
    flags: { CELLS: isCells, NODES: !isCells },
    buffers: {
      log_prob: logProb,
      draw_weight: drawWeight,
      log_density: logDensity,
      ...(isCells ? { log_weight: of.logWeight } : of),
    },
    workgroups: gridOf(rows * nodes),
    flops: rows * nodes * 3 * draws,
    bytes: 4 * rows * (draws + nodes * (isCells ? 2 * draws + 1 : draws + 3)),
  });
}

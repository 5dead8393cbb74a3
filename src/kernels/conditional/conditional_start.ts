import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';

export const conditionalStartKernel = {
  stem: 'conditional_start',
  params: {
    n_rows: 'u32',
    scale: 'f32',
    low: 'f32',
    median: 'f32',
    high: 'f32',
  },
  bindings: {
    own: { access: 'read', element: 'f32' },
    centre: { access: 'read', element: 'f32' },
    nodes: { access: 'read_write', element: 'f32' },
    slots: { access: 'read_write', element: 'u32' },
  },
} as const satisfies KernelSpec;

/** Places around the centre, in units of the scale: dense in the middle, and out to where a normal density ends. */
export const SPREAD = [-4.5, -2.6, -1.5, -0.7, 0, 0.7, 1.5, 2.6, 4.5] as const;

/** The shares of a feature's values below the low, the median and the high one. */
export const START_QUANTILES = [0.005, 0.5, 0.995] as const;

/** Nodes of each row: its own value, the spread, the quantiles. */
export const START_NODES = 1 + SPREAD.length + START_QUANTILES.length;

export interface ConditionalStartArguments {
  rows: number;
  /** The expected spread of the conditionals. */
  scale: number;
  /** Of the feature over all rows, at START_QUANTILES. */
  quantiles: readonly number[];
  own: string;
  centre: string;
  nodes: string;
  slots: string;
}

/** The first nodes of each row's conditional, in ascending order. */
export function conditionalStart(args: ConditionalStartArguments): Dispatch {
  const { rows, scale, quantiles, own, centre, nodes, slots } = args;
  const [low = NaN, median = NaN, high = NaN] = quantiles;
  return dispatchOf(conditionalStartKernel, {
    params: { n_rows: rows, scale, low, median, high },
    buffers: { own, centre, nodes, slots },
    workgroups: gridOf(rows),
    flops: rows * 2 * SPREAD.length,
    bytes: 4 * rows * (2 + 2 * START_NODES),
  });
}

import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import type { CouplingBlocks } from '../spec.ts';
import { gridOf } from '../shape.ts';

export const splineForwardKernel = {
  stem: 'spline_forward',
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    bound: 'f32',
  },
  bindings: {
    conditioner_output: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_scale: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies KernelSpec;

export interface SplineArguments {
  rows: number;
  blocks: CouplingBlocks;
  bins: number;
  bound: number;
  /** [transformed, 3 · bins − 1, rows]. */
  conditionerOutput: string;
  state: string;
  logScale: string;
}

/** z₂ = spline(x₂), in place; the log-slope goes to `logScale`. */
export function splineForward(args: SplineArguments): Dispatch {
  const { rows, blocks, bins } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(splineForwardKernel, {
    params: {
      n_rows: rows,
      n_transformed: blocks.transformCount,
      transform_start: blocks.transformStart,
      bound: args.bound,
    },
    sizes: { BINS: bins },
    buffers: {
      conditioner_output: args.conditionerOutput,
      state: args.state,
      log_scale: args.logScale,
    },
    workgroups: gridOf(elements),
    flops: elements * splineFlops(bins),
    bytes: 4 * elements * (rawCount(bins) + 3),
  });
}

/** Raw numbers of a feature: widths, heights, and slopes at the inner knots. */
export function rawCount(bins: number): number {
  return 3 * bins - 1;
}

/** Shares of the widths and heights, 6 a bin, two slopes, and the formula in one bin. */
export function splineFlops(bins: number): number {
  return 12 * bins + 50;
}

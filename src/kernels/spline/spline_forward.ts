import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec, LaunchOf, ParamsOf } from '../../plan/kernel.ts';
import type { TensorSlot } from '../../model/tensors.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import { gridOf } from '../../plan/shape.ts';
import type { splineInverseKernel } from './spline_inverse.ts';

/** What both directions have. */
export const splineKernel = {
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    raw_start: 'u32',
    raw_stride: 'u32',
    row_stride: 'u32',
    bound: 'f32',
  },
  bindings: {
    raw: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_scale: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies Omit<KernelSpec, 'stem'>;

export const splineForwardKernel = {
  ...splineKernel,
  stem: 'spline_forward',
  bindings: {
    ...splineKernel.bindings,
    kept_x: { access: 'read_write', element: 'f32', when: 'KEEP_INPUT' },
  },
  flags: ['KEEP_INPUT'],
} as const satisfies KernelSpec;

/** The features that are transformed and where the raw numbers of their splines are. */
export interface SplineNumbers {
  rows: number;
  blocks: Pick<CouplingBlocks, 'transformStart' | 'transformCount'>;
  bins: number;
  bound: number;
  /** The buffer of the raw numbers: [transformed, 3 · bins − 1, rows] where each row has its own. */
  raw: string;
  /** The tensor in that buffer, [transformed, 3 · bins − 1], that all rows have in common. */
  shared?: TensorSlot;
}

export interface SplineArguments extends SplineNumbers {
  state: string;
  logScale: string;
}

export interface SplineForwardArguments extends SplineArguments {
  /** Receives x₂ for `splineBackward`, [transformed, rows], where it is given. */
  keptX?: string | undefined;
}

/** z₂ = spline(x₂), in place; the log-slope goes to `logScale`. */
export function splineForward({ keptX, ...args }: SplineForwardArguments): Dispatch {
  const launch = splineLaunch(args);
  const keeps = keptX !== undefined;
  return dispatchOf(splineForwardKernel, {
    ...launch,
    flags: { KEEP_INPUT: keeps },
    buffers: { ...launch.buffers, ...(keeps ? { kept_x: keptX } : {}) },
    bytes: launch.bytes + (keeps ? 4 * args.rows * args.blocks.transformCount : 0),
  });
}

/** The launch of either direction. */
export function splineLaunch(args: SplineArguments): LaunchOf<typeof splineInverseKernel> {
  const { rows, blocks, bins } = args;
  const elements = rows * blocks.transformCount;
  return {
    params: splineParams(args),
    sizes: { BINS: bins },
    buffers: { raw: args.raw, state: args.state, log_scale: args.logScale },
    workgroups: gridOf(elements),
    flops: elements * splineFlops(bins),
    bytes: 4 * (rawElements(args) + 3 * elements),
  };
}

export function splineParams(args: SplineNumbers): ParamsOf<typeof splineForwardKernel> {
  const { rows, blocks, shared } = args;
  return {
    n_rows: rows,
    n_transformed: blocks.transformCount,
    transform_start: blocks.transformStart,
    raw_start: shared?.offset ?? 0,
    raw_stride: shared === undefined ? rows : 1,
    row_stride: shared === undefined ? 1 : 0,
    bound: args.bound,
  };
}

/** Raw numbers that are read. */
export function rawElements({ rows, blocks, bins, shared }: SplineNumbers): number {
  return shared?.length ?? blocks.transformCount * rawCount(bins) * rows;
}

/** Raw numbers of a feature: widths, heights, and slopes at the inner knots. */
export function rawCount(bins: number): number {
  return 3 * bins - 1;
}

/** Shares of the widths and heights, 6 a bin, two slopes, and the formula in one bin. */
export function splineFlops(bins: number): number {
  return 12 * bins + 50;
}

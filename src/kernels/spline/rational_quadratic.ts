import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec, ParamsOf } from '../../plan/kernel.ts';
import type { CouplingBlocks } from '../../model/blocks.ts';
import { gridOf } from '../../plan/shape.ts';

export const rationalQuadraticKernel = {
  stem: 'rational_quadratic',
  params: {
    n_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    bound: 'f32',
  },
  bindings: {
    raw: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_scale: { access: 'read_write', element: 'f32' },
    kept_x: { access: 'read_write', element: 'f32', when: 'KEEP_INPUT' },
  },
  flags: ['INVERSE', 'KEEP_INPUT'],
  sizes: ['BINS'],
} as const satisfies KernelSpec;

/** The transformed features, and the positions of the raw numbers of their splines. */
export interface SplineNumbers {
  rows: number;
  blocks: Pick<CouplingBlocks, 'transformStart' | 'transformCount'>;
  bins: number;
  bound: number;
  /** The buffer of the raw numbers, [transformed, 3 · bins − 1, rows]. */
  raw: string;
}

export interface RationalQuadraticArguments extends SplineNumbers {
  inverse: boolean;
  state: string;
  logScale: string;
  /** Forward only: receives x₂ for `rationalQuadraticBackward`, [transformed, rows]. */
  keptX?: string | undefined;
}

/** z₂ = spline(x₂) or the inverse, in place; log ∂z₂/∂x₂ goes to `logScale`. */
export function rationalQuadratic(args: RationalQuadraticArguments): Dispatch {
  const { rows, inverse, blocks, bins, keptX } = args;
  const elements = rows * blocks.transformCount;
  const keeps = keptX !== undefined;
  return dispatchOf(rationalQuadraticKernel, {
    params: splineParams(args),
    flags: { INVERSE: inverse, KEEP_INPUT: keeps },
    sizes: { BINS: bins },
    buffers: {
      raw: args.raw,
      state: args.state,
      log_scale: args.logScale,
      ...(keeps && { kept_x: keptX }),
    },
    workgroups: gridOf(elements),
    flops: elements * splineFlops(bins),
    bytes: 4 * (rawElements(args) + (keeps ? 4 : 3) * elements),
  });
}

export function splineParams(args: SplineNumbers): ParamsOf<typeof rationalQuadraticKernel> {
  const { rows, blocks, bound } = args;
  return {
    n_rows: rows,
    n_transformed: blocks.transformCount,
    transform_start: blocks.transformStart,
    bound,
  };
}

/** Count of raw numbers that the kernel reads. */
export function rawElements({ rows, blocks, bins }: SplineNumbers): number {
  return blocks.transformCount * rawCount(bins) * rows;
}

/** Raw numbers per feature: widths, heights, and derivatives at the inner knots. */
export function rawCount(bins: number): number {
  return 3 * bins - 1;
}

/** Shares of the widths and heights, 6 per bin, two derivatives, and the formula in one bin. */
export function splineFlops(bins: number): number {
  return 12 * bins + 50;
}

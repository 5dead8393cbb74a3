import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf, quadsOf } from '../../plan/shape.ts';
import { tableLength } from './rational_quadratic_bins.ts';
import type { SharedSplines } from './rational_quadratic_bins.ts';

export const rationalQuadraticElementwiseKernel = {
  stem: 'rational_quadratic_elementwise',
  params: {
    n_quads: 'u32',
    n_features: 'u32',
    feature_start: 'u32',
    accumulate: 'u32',
    bound: 'f32',
  },
  bindings: {
    bins: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    log_det: { access: 'read_write', element: 'f32' },
    kept_x: { access: 'read_write', element: 'f32', when: 'KEEP_INPUT' },
  },
  flags: ['INVERSE', 'KEEP_INPUT'],
  sizes: ['BINS'],
} as const satisfies KernelSpec;

/** The formula in one bin. */
export const BIN_FLOPS = 50;

export interface RationalQuadraticElementwiseArguments extends SharedSplines {
  /** A multiple of 4. */
  rows: number;
  inverse: boolean;
  /** Whether to add to `logDet` or to start it. */
  accumulate: boolean;
  /** The bins from `rationalQuadraticBins`. */
  table: string;
  state: string;
  logDet: string;
  /** Forward only: receives x for `rationalQuadraticElementwiseBackward`, [features, rows]. */
  keptX?: string | undefined;
}

/** z = spline(x) or the inverse for each feature of a block, in place; adds the log-det. */
export function rationalQuadraticElementwise(args: RationalQuadraticElementwiseArguments): Dispatch {
  const { rows, inverse, accumulate, block, bins, bound, keptX } = args;
  const elements = rows * block.count;
  const keeps = keptX !== undefined;
  return dispatchOf(rationalQuadraticElementwiseKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_features: block.count,
      feature_start: block.start,
      accumulate: accumulate ? 1 : 0,
      bound,
    },
    flags: { INVERSE: inverse, KEEP_INPUT: keeps },
    sizes: { BINS: bins },
    buffers: {
      bins: args.table,
      state: args.state,
      log_det: args.logDet,
      ...(keeps && { kept_x: keptX }),
    },
    workgroups: gridOf(quadsOf(rows)),
    flops: elements * BIN_FLOPS,
    bytes: 4 * (tableLength(args) + (keeps ? 3 : 2) * elements + (accumulate ? 2 : 1) * rows),
  });
}

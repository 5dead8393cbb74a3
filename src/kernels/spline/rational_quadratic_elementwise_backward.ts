import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { ceilDivide, gridOf, quadsOf } from '../../plan/shape.ts';
import { tableLength } from './rational_quadratic_bins.ts';
import type { SharedSplines } from './rational_quadratic_bins.ts';
import { BIN_FLOPS } from './rational_quadratic_elementwise.ts';

export const rationalQuadraticElementwiseBackwardKernel = {
  stem: 'rational_quadratic_elementwise_backward',
  params: {
    n_quads: 'u32',
    n_valid_rows: 'u32',
    n_features: 'u32',
    n_slices: 'u32',
    n_range: 'u32',
    feature_start: 'u32',
    bound: 'f32',
    d_log_det: 'f32',
  },
  bindings: {
    bins: { access: 'read', element: 'f32' },
    kept_x: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    d_bins: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies KernelSpec;

export interface RationalQuadraticElementwiseBackwardArguments extends SharedSplines {
  /** A multiple of 4. */
  rows: number;
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  /** The bins from `rationalQuadraticBins`. */
  table: string;
  /** x from `rationalQuadraticElementwise`, [features, rows]. */
  keptX: string;
  state: string;
  dState: string;
  /** [slices, features, bins, 8]. */
  dTable: string;
}

/** Pulls the gradient back through z = spline(x) to x and the bins, and restores x in the state. */
export function rationalQuadraticElementwiseBackward(
  args: RationalQuadraticElementwiseBackwardArguments,
): Dispatch {
  const { rows, block, bins, bound } = args;
  const elements = rows * block.count;
  const { slices, range } = splineSlices(rows);
  return dispatchOf(rationalQuadraticElementwiseBackwardKernel, {
    params: {
      n_quads: quadsOf(rows),
      n_valid_rows: args.validRows,
      n_features: block.count,
      n_slices: slices,
      n_range: range,
      feature_start: block.start,
      bound,
      d_log_det: args.dLogDet,
    },
    sizes: { BINS: bins },
    buffers: {
      bins: args.table,
      kept_x: args.keptX,
      state: args.state,
      d_state: args.dState,
      d_bins: args.dTable,
    },
    workgroups: gridOf(block.count * slices),
    flops: elements * (BIN_FLOPS + 66),
    bytes: 4 * (4 * elements + (1 + slices) * tableLength(args)),
  });
}

/** The fewest quads of rows in a slice. */
const MIN_RANGE = 4;

/** Cuts the rows into slices of `range` quads: both grow with the square root of the rows. */
export function splineSlices(rows: number): { slices: number; range: number } {
  const quads = quadsOf(rows);
  const range = Math.max(MIN_RANGE, Math.ceil(Math.sqrt(quads) / 2));
  return { slices: ceilDivide(quads, range), range };
}

/** The most elements of the gradients of the bins per row, if the rows fill their slices. */
export function splineTableWidth(splines: SharedSplines): number {
  return ceilDivide(tableLength(splines), 4 * MIN_RANGE);
}

import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { gridOf } from '../../plan/shape.ts';
import { rawCount, rawElements, splineFlops, splineParams } from './rational_quadratic.ts';
import type { SplineNumbers } from './rational_quadratic.ts';

export const rationalQuadraticBackwardKernel = {
  stem: 'rational_quadratic_backward',
  params: {
    n_rows: 'u32',
    n_valid_rows: 'u32',
    n_transformed: 'u32',
    transform_start: 'u32',
    bound: 'f32',
    d_log_det: 'f32',
  },
  bindings: {
    raw: { access: 'read', element: 'f32' },
    kept_x: { access: 'read', element: 'f32' },
    state: { access: 'read_write', element: 'f32' },
    d_state: { access: 'read_write', element: 'f32' },
    d_raw: { access: 'read_write', element: 'f32' },
  },
  sizes: ['BINS'],
} as const satisfies KernelSpec;

export interface RationalQuadraticBackwardArguments extends SplineNumbers {
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  /** x₂ from `rationalQuadratic`, [transformed, rows]. */
  keptX: string;
  state: string;
  dState: string;
  /** [transformed, 3 · bins − 1, rows]. */
  dRaw: string;
}

/** Pulls the gradient back through z₂ = spline(x₂) to x₂ and the raw numbers, and restores x₂ in the state. */
export function rationalQuadraticBackward(args: RationalQuadraticBackwardArguments): Dispatch {
  const { rows, blocks, bins } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(rationalQuadraticBackwardKernel, {
    params: { ...splineParams(args), n_valid_rows: args.validRows, d_log_det: args.dLogDet },
    sizes: { BINS: bins },
    buffers: {
      raw: args.raw,
      kept_x: args.keptX,
      state: args.state,
      d_state: args.dState,
      d_raw: args.dRaw,
    },
    workgroups: gridOf(elements),
    flops: elements * (splineFlops(bins) + 12 * bins + 60),
    bytes: 4 * (rawElements(args) + elements * (rawCount(bins) + 4)),
  });
}

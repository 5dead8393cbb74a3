import { dispatchOf } from '../kernel.ts';
import type { Dispatch, KernelSpec } from '../kernel.ts';
import { gridOf } from '../shape.ts';
import { rawElements, splineFlops, splineParams } from './spline_forward.ts';
import type { SplineArguments } from './spline_forward.ts';

export const splineInverseKernel = {
  stem: 'spline_inverse',
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
} as const satisfies KernelSpec;

/** x₂ of z₂ = spline(x₂), in place; the spline's log-slope at x₂ goes to `logScale`. */
export function splineInverse(args: SplineArguments): Dispatch {
  const { rows, blocks, bins } = args;
  const elements = rows * blocks.transformCount;
  return dispatchOf(splineInverseKernel, {
    params: splineParams(args),
    sizes: { BINS: bins },
    buffers: { raw: args.raw, state: args.state, log_scale: args.logScale },
    workgroups: gridOf(elements),
    flops: elements * splineFlops(bins),
    bytes: 4 * (rawElements(args) + 3 * elements),
  });
}

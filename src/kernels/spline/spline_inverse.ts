import { dispatchOf } from '../../plan/kernel.ts';
import type { Dispatch, KernelSpec } from '../../plan/kernel.ts';
import { splineKernel, splineLaunch } from './spline_forward.ts';
import type { SplineArguments } from './spline_forward.ts';

export const splineInverseKernel = { ...splineKernel, stem: 'spline_inverse' } as const satisfies KernelSpec;

/** x₂ of z₂ = spline(x₂), in place; the spline's log-slope at x₂ goes to `logScale`. */
export function splineInverse(args: SplineArguments): Dispatch {
  return dispatchOf(splineInverseKernel, splineLaunch(args));
}

import type { Twin } from '../../plan/kernel.ts';
import type { splineForwardKernel } from '../../kernels/spline/spline_forward.ts';
import { at } from '../maths/at.ts';
import { splineAtX } from '../maths/rational_quadratic.ts';
import { rawNumbers } from '../maths/spline_raw.ts';

export const splineForward: Twin<typeof splineForwardKernel> = ({ params, sizes, buffers }) => {
  const { state, log_scale, kept_x } = buffers;
  const { n_rows, n_transformed, transform_start, bound } = params;
  for (let index = 0; index < n_rows * n_transformed; index++) {
    const raw = rawNumbers(buffers.raw, sizes.BINS, params, index);
    const place = transform_start * n_rows + index;
    const x = at(state, place);
    log_scale[index] = 0;
    if (kept_x !== undefined) kept_x[index] = x;
    if (Math.abs(x) > bound) continue;
    const found = splineAtX(raw, sizes.BINS, bound, x);
    state[place] = found.z;
    log_scale[index] = found.logSlope;
  }
};

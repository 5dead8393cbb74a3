import type { Twin } from '../../plan/kernel.ts';
import type { splineInverseKernel } from '../../kernels/spline/spline_inverse.ts';
import { at } from '../maths/at.ts';
import { splineAtZ } from '../maths/rational_quadratic.ts';
import { rawNumbers } from '../maths/spline_raw.ts';

export const splineInverse: Twin<typeof splineInverseKernel> = ({ params, sizes, buffers }) => {
  const { state, log_scale } = buffers;
  const { n_rows, n_transformed, transform_start, bound } = params;
  for (let index = 0; index < n_rows * n_transformed; index++) {
    const raw = rawNumbers(buffers.raw, sizes.BINS, params, index);
    const place = transform_start * n_rows + index;
    const z = at(state, place);
    log_scale[index] = 0;
    if (Math.abs(z) > bound) continue;
    const found = splineAtZ(raw, sizes.BINS, bound, z);
    state[place] = found.x;
    log_scale[index] = found.logSlope;
  }
};

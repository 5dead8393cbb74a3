import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticKernel } from '../../kernels/spline/rational_quadratic.ts';
import { at } from '../maths/at.ts';
import { splineAtX, splineAtZ } from '../maths/rational_quadratic.ts';
import { rawNumbers } from '../maths/spline_raw.ts';

export const rationalQuadratic: Twin<typeof rationalQuadraticKernel> = (call) => {
  const { params, flags, sizes, buffers } = call;
  const { state, log_scale, kept_x } = buffers;
  const { n_rows, n_transformed, transform_start, bound } = params;
  for (let index = 0; index < n_rows * n_transformed; index++) {
    const raw = rawNumbers(buffers.raw, sizes.BINS, params, index);
    const place = transform_start * n_rows + index;
    const value = at(state, place);
    log_scale[index] = 0;
    if (flags.KEEP_INPUT) kept_x[index] = value;
    if (Math.abs(value) > bound) continue;
    const found = (flags.INVERSE ? splineAtZ : splineAtX)(raw, sizes.BINS, bound, value);
    state[place] = flags.INVERSE ? found.x : found.z;
    log_scale[index] = found.logDerivative;
  }
};

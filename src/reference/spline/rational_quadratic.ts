import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticKernel } from '../../kernels/spline/rational_quadratic.ts';
import { at } from '../maths/at.ts';
import { binsOf, splineImage } from '../maths/rational_quadratic.ts';
import { rawNumbers } from '../maths/spline_raw.ts';

export const rationalQuadratic: Twin<typeof rationalQuadraticKernel> = (call) => {
  const { params, flags, sizes, buffers } = call;
  const { state, log_scale, kept_x } = buffers;
  const { n_rows, n_transformed, transform_start, bound } = params;
  const spline = { bound, inverse: flags.INVERSE };
  for (let index = 0; index < n_rows * n_transformed; index++) {
    const bins = binsOf(rawNumbers(buffers.raw, sizes.BINS, n_rows, index), sizes.BINS, bound);
    const place = transform_start * n_rows + index;
    if (flags.KEEP_INPUT) kept_x[index] = at(state, place);
    const { value, logDerivative } = splineImage(bins, spline, at(state, place));
    state[place] = value;
    log_scale[index] = logDerivative;
  }
};

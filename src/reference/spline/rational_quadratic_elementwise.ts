import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticElementwiseKernel } from '../../kernels/spline/rational_quadratic_elementwise.ts';
import { at } from '../maths/at.ts';
import { splineImage } from '../maths/rational_quadratic.ts';
import { binsIn } from '../maths/spline_raw.ts';

export const rationalQuadraticElementwise: Twin<typeof rationalQuadraticElementwiseKernel> = (call) => {
  const { params, flags, sizes, buffers } = call;
  const { state, log_det, kept_x } = buffers;
  const { n_quads, n_features, feature_start, accumulate, bound } = params;
  const rows = 4 * n_quads;
  if (accumulate === 0) for (let row = 0; row < rows; row++) log_det[row] = 0;
  for (let feature = 0; feature < n_features; feature++) {
    const bins = binsIn(buffers.bins, sizes.BINS, feature);
    for (let row = 0; row < rows; row++) {
      const place = (feature_start + feature) * rows + row;
      if (flags.KEEP_INPUT) kept_x[feature * rows + row] = at(state, place);
      const { value, logDerivative } = splineImage(bins, { bound, inverse: flags.INVERSE }, at(state, place));
      state[place] = value;
      log_det[row] = at(log_det, row) + (flags.INVERSE ? -1 : 1) * logDerivative;
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticBinsBackwardKernel } from '../../kernels/spline/rational_quadratic_bins_backward.ts';
import { at } from '../maths/at.ts';
import { rawGradients } from '../maths/rational_quadratic_gradient.ts';
import { binsIn, sharedNumbers } from '../maths/spline_raw.ts';

export const rationalQuadraticBinsBackward: Twin<typeof rationalQuadraticBinsBackwardKernel> = ({
  params,
  sizes: { BINS: bins },
  buffers,
}) => {
  const { n_features, n_slices, raw_start, bound } = params;
  const { raw, gradients } = buffers;
  const table = 8 * n_features * bins;
  const d_bins = Float64Array.from({ length: table }, (_, i) => {
    let sum = 0;
    for (let slice = 0; slice < n_slices; slice++) sum += at(buffers.d_bins, slice * table + i);
    return sum;
  });
  for (let feature = 0; feature < n_features; feature++) {
    const numbers = sharedNumbers(raw, bins, raw_start, feature);
    const first = raw_start + feature * numbers.length;
    rawGradients(numbers, { bins, bound }, binsIn(d_bins, bins, feature)).forEach((value, i) => {
      gradients[first + i] = at(gradients, first + i) + value;
    });
  }
};

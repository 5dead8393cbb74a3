import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticElementwiseBackwardKernel } from '../../kernels/spline/rational_quadratic_elementwise_backward.ts';
import { at } from '../maths/at.ts';
import { binGradient } from '../maths/rational_quadratic_gradient.ts';
import { binsIn, binNumbers } from '../maths/spline_raw.ts';

export const rationalQuadraticElementwiseBackward: Twin<
  typeof rationalQuadraticElementwiseBackwardKernel
> = ({ params, sizes, buffers }) => {
  const { kept_x, state, d_state, d_bins } = buffers;
  const { n_quads, n_valid_rows, n_features, n_slices, n_range, feature_start, bound, d_log_det } = params;
  const rows = 4 * n_quads;
  const table = 8 * sizes.BINS;
  for (let i = 0; i < n_slices * n_features * table; i++) d_bins[i] = 0;
  for (let feature = 0; feature < n_features; feature++) {
    const bins = binsIn(buffers.bins, sizes.BINS, feature);
    for (let row = 0; row < rows; row++) {
      const place = (feature_start + feature) * rows + row;
      const x = at(kept_x, feature * rows + row);
      const isValid = row < n_valid_rows;
      const gradients = { dZ: at(d_state, place), dLogDet: isValid ? d_log_det : 0 };
      const { dX, k, dBin } = binGradient(bins, bound, x, gradients);
      state[place] = x;
      d_state[place] = dX;
      if (!isValid) continue;
      const slice = Math.floor(row / (4 * n_range));
      const first = (slice * n_features + feature) * table + 8 * k;
      binNumbers(dBin).forEach((value, i) => {
        d_bins[first + i] = at(d_bins, first + i) + value;
      });
    }
  }
};

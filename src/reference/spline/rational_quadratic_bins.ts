import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticBinsKernel } from '../../kernels/spline/rational_quadratic_bins.ts';
import { binsOf } from '../maths/rational_quadratic.ts';
import { binNumbers, sharedNumbers } from '../maths/spline_raw.ts';

export const rationalQuadraticBins: Twin<typeof rationalQuadraticBinsKernel> = ({
  params,
  sizes,
  buffers,
}) => {
  const { n_features, raw_start, bound } = params;
  for (let feature = 0; feature < n_features; feature++) {
    const raw = sharedNumbers(buffers.raw, sizes.BINS, raw_start, feature);
    binsOf(raw, sizes.BINS, bound).forEach((bin, k) => {
      binNumbers(bin).forEach((value, i) => {
        buffers.bins[8 * (feature * sizes.BINS + k) + i] = value;
      });
    });
  }
};

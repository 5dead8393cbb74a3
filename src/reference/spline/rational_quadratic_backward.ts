import type { Twin } from '../../plan/kernel.ts';
import type { rationalQuadraticBackwardKernel } from '../../kernels/spline/rational_quadratic_backward.ts';
import { at } from '../maths/at.ts';
import { splineGradient } from '../maths/rational_quadratic_gradient.ts';
import { rawNumbers } from '../maths/spline_raw.ts';

export const rationalQuadraticBackward: Twin<typeof rationalQuadraticBackwardKernel> = ({
  params,
  sizes,
  buffers,
}) => {
  const { kept_x, state, d_state, d_raw } = buffers;
  const { n_rows, n_valid_rows, n_transformed, transform_start, bound, d_log_det } = params;
  const spline = { bins: sizes.BINS, bound };
  for (let index = 0; index < n_rows * n_transformed; index++) {
    const raw = rawNumbers(buffers.raw, sizes.BINS, n_rows, index);
    const [feature, row] = [Math.floor(index / n_rows), index % n_rows];
    const place = transform_start * n_rows + index;
    const x = at(kept_x, index);
    const dLogDet = row < n_valid_rows ? d_log_det : 0;
    const { dX, dRaw } = splineGradient(raw, spline, x, { dZ: at(d_state, place), dLogDet });
    state[place] = x;
    d_state[place] = dX;
    dRaw.forEach((value, number) => {
      d_raw[(feature * raw.length + number) * n_rows + row] = value;
    });
  }
};

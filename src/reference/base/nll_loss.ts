import type { Twin } from '../../plan/kernel.ts';
import type { nllLossKernel } from '../../kernels/base/nll_loss.ts';
import { at } from '../maths/at.ts';
import { normalLogDensity } from '../maths/normal_log_density.ts';

export const nllLoss: Twin<typeof nllLossKernel> = ({ params, buffers }) => {
  const { state, log_det, d_state, nll } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    const isValid = row < params.n_valid_rows;
    let sumSquares = 0;
    for (let j = 0; j < params.n_features; j++) {
      const place = j * params.n_rows + row;
      sumSquares += at(state, place) ** 2;
      d_state[place] = isValid ? at(state, place) / params.n_total : 0;
    }
    if (isValid)
      nll[params.row_start + row] = -normalLogDensity(sumSquares, params.n_features) - at(log_det, row);
  }
};

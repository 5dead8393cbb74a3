import type { Twin } from '../../plan/kernel.ts';
import type { uniformLogProbKernel } from '../../kernels/base/uniform_log_prob.ts';
import { at } from '../maths/at.ts';

export const uniformLogProb: Twin<typeof uniformLogProbKernel> = ({ params, flags, buffers }) => {
  const { state, log_det, log_prob, d_state } = buffers;
  const { n_rows, n_valid_rows, n_features, bound } = params;
  const logVolume = n_features * Math.log(2 * bound);
  for (let row = 0; row < n_rows; row++) {
    const isValid = row < n_valid_rows;
    let beyond = 0;
    for (let j = 0; j < n_features; j++) {
      const z = at(state, j * n_rows + row);
      const excess = Math.max(Math.abs(z) - bound, 0);
      beyond += excess;
      if (flags.LOSS) {
        d_state[j * n_rows + row] = isValid && excess > 0 ? Math.sign(z) / params.n_total : 0;
      }
    }
    if (!flags.LOSS) {
      log_prob[row] = beyond > 0 ? -Infinity : params.sign * at(log_det, row) - logVolume;
    } else if (isValid) {
      log_prob[params.row_start + row] = logVolume + beyond - at(log_det, row);
    }
  }
};

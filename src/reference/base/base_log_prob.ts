import type { Twin } from '../../plan/kernel.ts';
import type { baseLogProbKernel } from '../../kernels/base/base_log_prob.ts';
import { at } from '../maths/at.ts';
import { normalLogDensity } from '../maths/normal_log_density.ts';

export const baseLogProb: Twin<typeof baseLogProbKernel> = ({ params, buffers }) => {
  const { state, log_det, log_prob } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    let sumSquares = 0;
    for (let j = 0; j < params.n_features; j++) sumSquares += at(state, j * params.n_rows + row) ** 2;
    log_prob[row] = normalLogDensity(sumSquares, params.n_features) + params.sign * at(log_det, row);
  }
};

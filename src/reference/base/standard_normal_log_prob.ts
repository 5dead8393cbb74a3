import type { Twin } from '../../plan/kernel.ts';
import type { standardNormalLogProbKernel } from '../../kernels/base/standard_normal_log_prob.ts';
import { at } from '../maths/at.ts';
import { normalLogDensity } from '../maths/normal_log_density.ts';

export const standardNormalLogProb: Twin<typeof standardNormalLogProbKernel> = ({
  params,
  flags,
  buffers,
}) => {
  const { state, log_det, log_prob, d_state } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    const isValid = row < params.n_valid_rows;
    let sumSquares = 0;
    for (let j = 0; j < params.n_features; j++) {
      const place = j * params.n_rows + row;
      const z = at(state, place);
      sumSquares += z ** 2;
      if (flags.LOSS) d_state[place] = isValid ? z / params.n_total : 0;
    }
    const logDensity = normalLogDensity(sumSquares, params.n_features);
    if (!flags.LOSS) log_prob[row] = logDensity + params.sign * at(log_det, row);
    else if (isValid) log_prob[params.row_start + row] = -logDensity - at(log_det, row);
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { studentTLogProbKernel } from '../../kernels/base/student_t_log_prob.ts';
import { at } from '../maths/at.ts';
import { studentTNormaliser } from '../maths/student_t.ts';

export const studentTLogProb: Twin<typeof studentTLogProbKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, log_det, log_prob, d_state, d_base } = buffers;
  const { n_rows, n_valid_rows, n_features, log_df_offset, n_total } = params;
  const features = Array.from({ length: n_features }, (_, j) => {
    const df = Math.exp(at(parameters, log_df_offset + j));
    return { df, ...studentTNormaliser(df) };
  });
  for (let row = 0; row < n_rows; row++) {
    const isValid = row < n_valid_rows;
    let sum = 0;
    features.forEach(({ df, log, derivative }, j) => {
      const place = j * n_rows + row;
      const z = at(state, place);
      const tail = Math.log1p(z ** 2 / df);
      sum += log - ((df + 1) / 2) * tail;
      if (!flags.LOSS) return;
      const share = isValid ? 1 / n_total : 0;
      d_state[place] = (share * (df + 1) * z) / (df + z ** 2);
      // The derivative with respect to log ν.
      const dLogP = derivative - (df / 2) * tail + ((df + 1) / 2) * (z ** 2 / (df + z ** 2));
      d_base[place] = -share * dLogP;
    });
    if (!flags.LOSS) log_prob[row] = sum + params.sign * at(log_det, row);
    else if (isValid) log_prob[params.row_start + row] = -sum - at(log_det, row);
  }
};

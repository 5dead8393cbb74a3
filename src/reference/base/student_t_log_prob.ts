import type { Twin } from '../../plan/kernel.ts';
import type { studentTLogProbKernel } from '../../kernels/base/student_t_log_prob.ts';
import { at } from '../maths/at.ts';
import { studentTDensity, studentTNormaliser } from '../maths/student_t.ts';

export const studentTLogProb: Twin<typeof studentTLogProbKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, log_det, log_prob, d_state, d_base } = buffers;
  const { n_rows, n_valid_rows, n_features, log_df_offset, n_total } = params;
  const features = Array.from({ length: n_features }, (_, j) => {
    const df = Math.exp(at(parameters, log_df_offset + j));
    return { df, normaliser: studentTNormaliser(df) };
  });
  for (let row = 0; row < n_rows; row++) {
    const isValid = row < n_valid_rows;
    let sum = 0;
    features.forEach(({ df, normaliser }, j) => {
      const place = j * n_rows + row;
      const { log, dZ, dLogDf } = studentTDensity(at(state, place), df, normaliser);
      sum += log;
      if (!flags.LOSS) return;
      const share = isValid ? 1 / n_total : 0;
      d_state[place] = -share * dZ;
      d_base[place] = -share * dLogDf;
    });
    if (!flags.LOSS) log_prob[row] = sum + params.sign * at(log_det, row);
    else if (isValid) log_prob[params.row_start + row] = -sum - at(log_det, row);
  }
};

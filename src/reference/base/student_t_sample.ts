import type { Twin } from '../../plan/kernel.ts';
import type { studentTSampleKernel } from '../../kernels/base/student_t_sample.ts';
import { addToRow, philox, uniformOf } from '../../random.ts';
import { at } from '../maths/at.ts';

const MAX_EXPONENT = 80;

export const studentTSample: Twin<typeof studentTSampleKernel> = ({ params, buffers }) => {
  const { parameters, state } = buffers;
  for (let r = 0; r < params.n_rows; r++) {
    const [low, high] = addToRow([params.row_start_lo, params.row_start_hi], r);
    for (let j = 0; j < params.n_features; j++) {
      const words = philox([Math.floor(j / 2), low, high, params.stream], [params.seed_lo, params.seed_hi]);
      const [u, v] = (j % 2 === 0 ? [words[0], words[1]] : [words[2], words[3]]).map(uniformOf);
      const df = Math.exp(at(parameters, params.log_df_offset + j));
      const exponent = Math.min((-2 * Math.log(u ?? NaN)) / df, MAX_EXPONENT);
      const t = Math.sqrt(df * Math.expm1(exponent)) * Math.cos(2 * Math.PI * (v ?? NaN));
      state[j * params.n_rows + r] = params.temperature * t;
    }
  }
};

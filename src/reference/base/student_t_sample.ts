import type { Twin } from '../../plan/kernel.ts';
import type { studentTSampleKernel } from '../../kernels/base/student_t_sample.ts';
import { at } from '../maths/at.ts';
import { studentTDraws, wordsOfRow } from '../maths/draws.ts';

export const studentTSample: Twin<typeof studentTSampleKernel> = ({ params, buffers }) => {
  const { parameters, state } = buffers;
  const dfs = Array.from({ length: params.n_features }, (_, j) =>
    Math.exp(at(parameters, params.log_df_offset + j)),
  );
  for (let r = 0; r < params.n_rows; r++) {
    const draws = studentTDraws(wordsOfRow(params, r), dfs).map((t) => params.temperature * t);
    draws.forEach((z, j) => {
      state[j * params.n_rows + r] = z;
    });
  }
};

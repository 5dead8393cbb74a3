import type { Twin } from '../../plan/kernel.ts';
import type { standardNormalSampleKernel } from '../../kernels/base/standard_normal_sample.ts';
import { normalDraws, wordsOfRow } from '../maths/draws.ts';

export const standardNormalSample: Twin<typeof standardNormalSampleKernel> = ({ params, buffers }) => {
  const { state } = buffers;
  for (let r = 0; r < params.n_rows; r++) {
    const draws = normalDraws(wordsOfRow(params, r), params.n_features).map(
      (normal) => params.temperature * normal,
    );
    draws.forEach((z, j) => {
      state[j * params.n_rows + r] = z;
    });
  }
};

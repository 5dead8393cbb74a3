import type { Twin } from '../../plan/kernel.ts';
import type { uniformSampleKernel } from '../../kernels/base/uniform_sample.ts';
import { uniformDraws, wordsOfRow } from '../maths/draws.ts';

export const uniformSample: Twin<typeof uniformSampleKernel> = ({ params, buffers }) => {
  const { state } = buffers;
  const halfWidth = Math.min(params.temperature, 1) * params.bound;
  for (let r = 0; r < params.n_rows; r++) {
    const draws = uniformDraws(wordsOfRow(params, r), params.n_features).map((s) => halfWidth * 2 * s);
    draws.forEach((z, j) => {
      state[j * params.n_rows + r] = z;
    });
  }
};

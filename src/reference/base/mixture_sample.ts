import type { Twin } from '../../plan/kernel.ts';
import type { mixtureSampleKernel } from '../../kernels/base/mixture_sample.ts';
import { mixtureDraw, wordsOfRow } from '../maths/draws.ts';
import { mixtureOf } from '../maths/mixture.ts';

export const mixtureSample: Twin<typeof mixtureSampleKernel> = ({ params, buffers }) => {
  const { parameters, state } = buffers;
  const components = mixtureOf(parameters, params);
  for (let r = 0; r < params.n_rows; r++) {
    const draws = mixtureDraw(wordsOfRow(params, r), components, params.temperature);
    draws.forEach((z, j) => {
      state[j * params.n_rows + r] = z;
    });
  }
};

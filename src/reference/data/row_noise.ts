import type { rowNoiseKernel } from '../../kernels/data/row_noise.ts';
import type { Twin } from '../../plan/kernel.ts';
import { philox, STREAMS } from '../../random.ts';
import { at } from '../maths/at.ts';
import { normalDraws } from '../maths/draws.ts';

export const rowNoise: Twin<typeof rowNoiseKernel> = ({ params, buffers }) => {
  const { step_state, factor, state } = buffers;
  const { n_rows, row_start, n_features, seed_lo, seed_hi } = params;
  const step = at(step_state, 0);
  for (let r = 0; r < n_rows; r++) {
    const words = (block: number) => philox([block, row_start + r, step, STREAMS.noise], [seed_lo, seed_hi]);
    const normals = normalDraws(words, n_features);
    for (let c = 0; c < n_features; c++) {
      const place = c * n_rows + r;
      const noise = normals.slice(0, c + 1).map((e, k) => at(factor, c * n_features + k) * e);
      state[place] = at(state, place) + noise.reduce((sum, value) => sum + value, 0);
    }
  }
};

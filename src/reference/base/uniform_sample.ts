import type { Twin } from '../../plan/kernel.ts';
import type { uniformSampleKernel } from '../../kernels/base/uniform_sample.ts';
import { addToRow, philox, uniformOf } from '../../random.ts';

export const uniformSample: Twin<typeof uniformSampleKernel> = ({ params, buffers }) => {
  const { state } = buffers;
  const halfWidth = Math.min(params.temperature, 1) * params.bound;
  for (let r = 0; r < params.n_rows; r++) {
    const [low, high] = addToRow([params.row_start_lo, params.row_start_hi], r);
    for (let j = 0; j < params.n_features; j++) {
      const words = philox([Math.floor(j / 4), low, high, params.stream], [params.seed_lo, params.seed_hi]);
      const u = uniformOf(words[j % 4] ?? NaN);
      // In (−1/2, 1/2), also exact in float32.
      const s = u < 0.5 ? u : u - 1;
      state[j * params.n_rows + r] = halfWidth * 2 * s;
    }
  }
};

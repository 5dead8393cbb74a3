import type { Twin } from '../../plan/kernel.ts';
import type { standardNormalSampleKernel } from '../../kernels/base/standard_normal_sample.ts';
import { addToRow, normalsOf, philox } from '../../random.ts';

export const standardNormalSample: Twin<typeof standardNormalSampleKernel> = ({ params, buffers }) => {
  const { state } = buffers;
  for (let r = 0; r < params.n_rows; r++) {
    const [low, high] = addToRow([params.row_start_lo, params.row_start_hi], r);
    for (let first = 0; first < params.n_features; first += 4) {
      const words = philox([first / 4, low, high, params.stream], [params.seed_lo, params.seed_hi]);
      normalsOf(words)
        .slice(0, params.n_features - first)
        .forEach((normal, i) => {
          state[(first + i) * params.n_rows + r] = params.temperature * normal;
        });
    }
  }
};

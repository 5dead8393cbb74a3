import type { Twin } from '../../plan/kernel.ts';
import { CHOICE_BLOCK } from '../../kernels/base/mixture_sample.ts';
import type { mixtureSampleKernel } from '../../kernels/base/mixture_sample.ts';
import { addToRow, normalsOf, philox, uniformOf } from '../../random.ts';
import { at } from '../maths/at.ts';
import { mixtureOf } from '../maths/mixture.ts';

export const mixtureSample: Twin<typeof mixtureSampleKernel> = ({ params, buffers }) => {
  const { parameters, state } = buffers;
  const components = mixtureOf(parameters, params);
  for (let r = 0; r < params.n_rows; r++) {
    const [low, high] = addToRow([params.row_start_lo, params.row_start_hi], r);
    const wordsOf = (block: number): ReturnType<typeof philox> =>
      philox([block, low, high, params.stream], [params.seed_lo, params.seed_hi]);
    const u = uniformOf(wordsOf(CHOICE_BLOCK)[0]);
    let sum = 0;
    const chosen = components.find(({ weight }) => u < (sum += weight)) ?? components.at(-1);
    for (let j = 0; j < params.n_features; j++) {
      const normal = normalsOf(wordsOf(Math.floor(j / 4)))[j % 4] ?? NaN;
      state[j * params.n_rows + r] =
        at(chosen?.mean ?? [], j) + params.temperature * at(chosen?.scale ?? [], j) * normal;
    }
  }
};

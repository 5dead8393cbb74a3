import { toyDensityOfShape } from '../data/toy.ts';
import type { Twin } from '../kernel.ts';
import type { toyBatchKernel } from '../kernels/toy_batch.ts';
import { addToRow, spreadWords } from '../random.ts';
import { at } from './at.ts';

export const toyBatch: Twin<typeof toyBatchKernel> = ({ params, flags, constants, buffers }) => {
  const { step_state, step_cursor, state, context } = buffers;
  const density = toyDensityOfShape(constants.SHAPE, { noise: params.noise });
  const slot = at(step_state, 0) % params.ring_size;
  const first = addToRow([at(step_cursor, 2 * slot + 1), at(step_cursor, 2 * slot)], params.row_start);
  for (let r = 0; r < params.n_rows; r++) {
    const words = spreadWords(addToRow(first, r), params.stream, [params.seed_lo, params.seed_hi]);
    const [x, y] = density.point(words);
    state[r] = x;
    state[params.n_rows + r] = y;
    for (let c = 0; flags.CLASSES && c < params.n_classes; c++) {
      context[c * params.n_rows + r] = density.classOf(words) === c ? 1 : 0;
    }
  }
};

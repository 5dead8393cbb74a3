import { toyDensityOfShape } from '../data/toy.ts';
import type { Twin } from '../kernel.ts';
import type { toyBatchKernel } from '../kernels/toy_batch.ts';
import { addToRow } from '../random.ts';
import { at } from './at.ts';

export const toyBatch: Twin<typeof toyBatchKernel> = ({ params, constants, buffers }) => {
  const { step_state, step_cursor, state } = buffers;
  const density = toyDensityOfShape(constants.SHAPE, { noise: params.noise });
  const slot = at(step_state, 0) % params.ring_size;
  const first = addToRow([at(step_cursor, 2 * slot + 1), at(step_cursor, 2 * slot)], params.row_start);
  for (let r = 0; r < params.n_rows; r++) {
    const point = density.point(addToRow(first, r), params.stream, [params.seed_lo, params.seed_hi]);
    point.forEach((value, j) => (state[j * params.n_rows + r] = value));
  }
};

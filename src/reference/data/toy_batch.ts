import { toyDensityOfShape } from '../../data/toy.ts';
import type { Twin } from '../../plan/kernel.ts';
import type { toyBatchKernel } from '../../kernels/data/toy_batch.ts';
import { addToRow, spreadWords } from '../../random.ts';
import { at } from '../maths/at.ts';

export const toyBatch: Twin<typeof toyBatchKernel> = ({ params, flags, constants, buffers }) => {
  const { step_state, step_cursor, state, context } = buffers;
  const density = toyDensityOfShape(constants.SHAPE, { noise: params.noise });
  const slot = at(step_state, 0) % params.ring_size;
  const first = addToRow([at(step_cursor, 2 * slot + 1), at(step_cursor, 2 * slot)], params.row_start);
  for (let r = 0; r < params.n_rows; r++) {
    const index = addToRow(first, r);
    const key = [params.seed_lo, params.seed_hi] as const;
    density.point(index, params.stream, key).forEach((value, j) => (state[j * params.n_rows + r] = value));
    const component = density.classOf(spreadWords(index, params.stream, key));
    for (let c = 0; flags.CLASSES && c < params.n_classes; c++) {
      context[c * params.n_rows + r] = component === c ? 1 : 0;
    }
  }
};

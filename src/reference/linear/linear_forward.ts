import type { Twin } from '../../plan/kernel.ts';
import type { linearForwardKernel } from '../../kernels/linear/linear_forward.ts';
import { at } from '../maths/at.ts';
import { linearMatrices, product, putRow, rowOf } from '../maths/invertible_linear.ts';

export const linearForward: Twin<typeof linearForwardKernel> = ({ params, buffers }) => {
  const { parameters, state, scratch, log_det } = buffers;
  const rows = 4 * params.n_quads;
  const { L, U, permutation, sumLogDiagonal } = linearMatrices(params, parameters);
  for (let r = 0; r < rows; r++) {
    const y = product(U, rowOf(state, params.n_features, rows, r));
    const w = product(L, y);
    putRow(scratch, rows, r, y);
    putRow(
      state,
      rows,
      r,
      permutation.map((origin) => at(w, origin)),
    );
    log_det[r] = (params.accumulate === 1 ? at(log_det, r) : 0) + sumLogDiagonal;
  }
};

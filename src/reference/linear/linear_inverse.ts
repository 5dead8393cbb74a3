import type { Twin } from '../../plan/kernel.ts';
import type { linearInverseKernel } from '../../kernels/linear/linear_inverse.ts';
import { at } from '../maths/at.ts';
import { linearMatrices, putRow, rowOf, solveLinear } from '../maths/invertible_linear.ts';

export const linearInverse: Twin<typeof linearInverseKernel> = ({ params, buffers }) => {
  const { parameters, state, scratch, log_det } = buffers;
  const rows = 4 * params.n_quads;
  const matrices = linearMatrices(params, parameters);
  for (let r = 0; r < rows; r++) {
    const { y, x } = solveLinear(matrices, rowOf(state, params.n_features, rows, r));
    putRow(scratch, rows, r, y);
    putRow(state, rows, r, x);
    log_det[r] = (params.accumulate === 1 ? at(log_det, r) : 0) - matrices.sumLogDiagonal;
  }
};

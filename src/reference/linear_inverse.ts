import type { Twin } from '../kernel.ts';
import type { linearInverseKernel } from '../kernels/linear_inverse.ts';
import { at } from './at.ts';
import { linearMatrices, putRow, rowOf, solveLinear } from './invertible_linear.ts';

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

import type { Twin } from '../../plan/kernel.ts';
import type { invertibleLinearKernel } from '../../kernels/linear/invertible_linear.ts';
import { at } from '../maths/at.ts';
import { linearMatrices, product, putRow, rowOf, solveLinear } from '../maths/invertible_linear.ts';

export const invertibleLinear: Twin<typeof invertibleLinearKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, scratch, log_det } = buffers;
  const rows = 4 * params.n_quads;
  const matrices = linearMatrices(params, parameters);
  const { L, U, permutation } = matrices;
  const logDet = params.n_pixels * matrices.sumLogDiagonal * (flags.INVERSE ? -1 : 1);
  for (let r = 0; r < rows; r++) {
    const row = rowOf(state, params.n_features, rows, r);
    if (flags.INVERSE) {
      const { y, x } = solveLinear(matrices, row);
      putRow(scratch, rows, r, y);
      putRow(state, rows, r, x);
    } else {
      const y = product(U, row);
      const w = product(L, y);
      const z = permutation.map((origin) => at(w, origin));
      putRow(scratch, rows, r, y);
      putRow(state, rows, r, z);
    }
    if (r < rows / params.n_pixels) log_det[r] = (params.accumulate === 1 ? at(log_det, r) : 0) + logDet;
  }
};

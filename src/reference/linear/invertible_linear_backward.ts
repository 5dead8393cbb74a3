import type { Twin } from '../../plan/kernel.ts';
import type { invertibleLinearBackwardKernel } from '../../kernels/linear/invertible_linear_backward.ts';
import {
  linearMatrices,
  product,
  putRow,
  rowOf,
  solveLinear,
  unpermuted,
} from '../maths/invertible_linear.ts';

export const invertibleLinearBackward: Twin<typeof invertibleLinearBackwardKernel> = ({
  params,
  buffers,
}) => {
  const { parameters, state, d_state, inner, d_outer, d_inner } = buffers;
  const { n_features } = params;
  const rows = 4 * params.n_quads;
  const matrices = linearMatrices(params, parameters);
  const { L, U, permutation } = matrices;
  for (let r = 0; r < rows; r++) {
    const { y, x } = solveLinear(matrices, rowOf(state, n_features, rows, r));
    const dW = unpermuted(permutation, rowOf(d_state, n_features, rows, r));
    const dY = product((i, j) => L(j, i), dW);
    const dX = product((i, j) => U(j, i), dY);
    putRow(inner, rows, r, y);
    putRow(d_outer, rows, r, dW);
    putRow(d_inner, rows, r, dY);
    putRow(state, rows, r, x);
    putRow(d_state, rows, r, dX);
  }
};

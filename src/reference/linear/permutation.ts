import type { Twin } from '../../plan/kernel.ts';
import type { permutationKernel } from '../../kernels/linear/permutation.ts';
import { at } from '../maths/at.ts';

export const permutation: Twin<typeof permutationKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, scratch } = buffers;
  const elements = params.n_rows * params.n_features;
  for (let index = 0; index < elements; index++) scratch[index] = at(state, index);
  for (let j = 0; j < params.n_features; j++) {
    const other = at(parameters, params.permutation_offset + j);
    const sign = flags.SIGNED ? at(parameters, params.signs_offset + j) : 1;
    for (let row = 0; row < params.n_rows; row++) {
      const [to, from] = flags.INVERSE ? [other, j] : [j, other];
      state[to * params.n_rows + row] = sign * at(scratch, from * params.n_rows + row);
    }
  }
};

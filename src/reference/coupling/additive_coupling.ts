import type { Twin } from '../../plan/kernel.ts';
import type { additiveCouplingKernel } from '../../kernels/coupling/additive_coupling.ts';
import { at } from '../maths/at.ts';

export const additiveCoupling: Twin<typeof additiveCouplingKernel> = ({ params, buffers }) => {
  const { conditioner_output, state } = buffers;
  for (let index = 0; index < params.n_rows * params.n_transformed; index++) {
    const place = params.transform_start * params.n_rows + index;
    state[place] = at(state, place) + params.sign * at(conditioner_output, index);
  }
};

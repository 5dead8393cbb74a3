import type { Twin } from '../../plan/kernel.ts';
import type { conditionerInputKernel } from '../../kernels/coupling/conditioner_input.ts';
import { at } from '../maths/at.ts';

export const conditionerInput: Twin<typeof conditionerInputKernel> = ({ params, buffers }) => {
  const { state, context, conditioner_input } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    for (let i = 0; i < params.n_condition; i++) {
      conditioner_input[i * params.n_rows + row] = at(
        state,
        (params.condition_start + i) * params.n_rows + row,
      );
    }
    for (let i = 0; i < params.n_context; i++) {
      const place = (params.n_condition + i) * params.n_rows + row;
      conditioner_input[place] = at(context, i * params.n_rows + row);
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { classConditionalShiftKernel } from '../../kernels/base/class_conditional_shift.ts';
import { at } from '../maths/at.ts';

export const classConditionalShift: Twin<typeof classConditionalShiftKernel> = ({ params, buffers }) => {
  const { parameters, context, state } = buffers;
  for (let j = 0; j < params.n_features; j++) {
    for (let row = 0; row < params.n_rows; row++) {
      let sum = 0;
      for (let c = 0; c < params.n_context; c++) {
        const mean = at(parameters, params.mean_offset + j * params.n_context + c);
        sum += mean * at(context, c * params.n_rows + row);
      }
      const place = j * params.n_rows + row;
      state[place] = at(state, place) + params.sign * sum;
    }
  }
};

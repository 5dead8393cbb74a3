import type { Twin } from '../../plan/kernel.ts';
import type { classConditionalBackwardKernel } from '../../kernels/base/class_conditional_backward.ts';
import { at } from '../maths/at.ts';

export const classConditionalBackward: Twin<typeof classConditionalBackwardKernel> = ({
  params,
  buffers,
}) => {
  const { d_state, context, gradients } = buffers;
  for (let j = 0; j < params.n_features; j++) {
    for (let c = 0; c < params.n_context; c++) {
      let sum = 0;
      for (let row = 0; row < params.n_rows; row++) {
        sum += at(d_state, j * params.n_rows + row) * at(context, c * params.n_rows + row);
      }
      const place = params.mean_offset + j * params.n_context + c;
      gradients[place] = at(gradients, place) - sum;
    }
  }
};

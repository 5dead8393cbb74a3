import type { Twin } from '../../plan/kernel.ts';
import type { rowGradientReduceKernel } from '../../kernels/optimize/row_gradient_reduce.ts';
import { at } from '../maths/at.ts';

export const rowGradientReduce: Twin<typeof rowGradientReduceKernel> = ({ params, buffers }) => {
  const { d_rows, gradients } = buffers;
  for (let i = 0; i < params.n_elements; i++) {
    let sum = 0;
    for (let row = 0; row < params.n_valid_rows; row++)
      sum += at(d_rows, (params.row_element + i) * params.n_rows + row);
    const place = params.gradient_start + i;
    gradients[place] = at(gradients, place) + sum;
  }
};

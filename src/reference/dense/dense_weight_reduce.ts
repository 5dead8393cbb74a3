import type { Twin } from '../../plan/kernel.ts';
import type { denseWeightReduceKernel } from '../../kernels/dense/dense_weight_reduce.ts';
import { at } from '../maths/at.ts';

export const denseWeightReduce: Twin<typeof denseWeightReduceKernel> = ({ params, buffers }) => {
  const { partials, gradients } = buffers;
  const columns = params.n_inputs + 1;
  const elements = params.n_outputs * columns;
  for (let o = 0; o < params.n_outputs; o++) {
    for (let i = 0; i < columns; i++) {
      let sum = 0;
      for (let slice = 0; slice < params.n_slices; slice++) {
        sum += at(partials, slice * elements + o * columns + i);
      }
      const place =
        i === params.n_inputs ? params.bias_offset + o : params.weight_offset + o * params.n_inputs + i;
      gradients[place] = at(gradients, place) + sum;
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { residentWeightReduceKernel } from '../../kernels/resident/resident_weight_reduce.ts';
import { at } from '../maths/at.ts';

export const residentWeightReduce: Twin<typeof residentWeightReduceKernel> = ({ params, buffers }) => {
  const { partials, gradients } = buffers;
  for (let p = 0; p < params.n_parameters; p++) {
    let sum = 0;
    for (let k = 0; k < params.n_slices; k++) sum += at(partials, k * params.n_parameters + p);
    gradients[p] = at(gradients, p) + sum;
  }
};

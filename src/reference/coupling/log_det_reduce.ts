import type { Twin } from '../../plan/kernel.ts';
import type { logDetReduceKernel } from '../../kernels/coupling/log_det_reduce.ts';
import { at } from '../maths/at.ts';

export const logDetReduce: Twin<typeof logDetReduceKernel> = ({ params, buffers }) => {
  const { log_scale, log_det } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    let sum = 0;
    for (let j = 0; j < params.n_features; j++) sum += at(log_scale, j * params.n_rows + row);
    log_det[row] = (params.accumulate === 1 ? at(log_det, row) : 0) + params.sign * sum;
  }
};

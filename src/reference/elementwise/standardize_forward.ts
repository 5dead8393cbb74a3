import type { Twin } from '../../plan/kernel.ts';
import type { standardizeForwardKernel } from '../../kernels/elementwise/standardize_forward.ts';
import { at } from '../maths/at.ts';

export const standardizeForward: Twin<typeof standardizeForwardKernel> = ({ params, buffers }) => {
  const { parameters, state, log_det } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    let sumLogStd = 0;
    for (let j = 0; j < params.n_features; j++) {
      const std = at(parameters, params.std_offset + j);
      const place = j * params.n_rows + row;
      state[place] = (at(state, place) - at(parameters, params.mean_offset + j)) / std;
      sumLogStd += Math.log(std);
    }
    log_det[row] = (params.accumulate === 1 ? at(log_det, row) : 0) - sumLogStd;
  }
};

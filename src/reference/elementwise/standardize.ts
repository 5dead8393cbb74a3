import type { Twin } from '../../plan/kernel.ts';
import type { standardizeKernel } from '../../kernels/elementwise/standardize.ts';
import { at } from '../maths/at.ts';

export const standardize: Twin<typeof standardizeKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, log_det } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    let sum = 0;
    for (let j = 0; j < params.n_features; j++) {
      const mean = at(parameters, params.mean_offset + j);
      const std = at(parameters, params.std_offset + j);
      const place = j * params.n_rows + row;
      state[place] = flags.INVERSE ? at(state, place) * std + mean : (at(state, place) - mean) / std;
      sum += flags.INVERSE ? Math.log(std) : -Math.log(std);
    }
    log_det[row] = (params.accumulate === 1 ? at(log_det, row) : 0) + sum;
  }
};

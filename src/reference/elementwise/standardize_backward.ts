import type { Twin } from '../../plan/kernel.ts';
import type { standardizeBackwardKernel } from '../../kernels/elementwise/standardize_backward.ts';
import { at } from '../maths/at.ts';

export const standardizeBackward: Twin<typeof standardizeBackwardKernel> = ({ params, buffers }) => {
  const { parameters, state, d_state } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    for (let j = 0; j < params.n_features; j++) {
      const std = at(parameters, params.std_offset + j);
      const place = j * params.n_rows + row;
      state[place] = at(state, place) * std + at(parameters, params.mean_offset + j);
      d_state[place] = at(d_state, place) / std;
    }
  }
};

import { intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import type { logitBackwardKernel } from '../../kernels/elementwise/logit_backward.ts';
import { at } from '../maths/at.ts';

export const logitBackward: Twin<typeof logitBackwardKernel> = ({ params, buffers }) => {
  const { state, d_state } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    const dLogDet = row < params.n_valid_rows ? params.d_log_det : 0;
    for (let j = 0; j < params.n_features; j++) {
      const place = j * params.n_rows + row;
      const z = at(state, place);
      const { value, logDerivative } = intoDomain('unit', z);
      state[place] = (value - params.start) / params.span;
      d_state[place] =
        params.span * (at(d_state, place) + dLogDet * Math.tanh(z / 2)) * Math.exp(-logDerivative);
    }
  }
};

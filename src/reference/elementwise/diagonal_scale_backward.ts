import type { Twin } from '../../plan/kernel.ts';
import type { diagonalScaleBackwardKernel } from '../../kernels/elementwise/diagonal_scale_backward.ts';
import { at } from '../maths/at.ts';

export const diagonalScaleBackward: Twin<typeof diagonalScaleBackwardKernel> = ({
  params,
  flags,
  buffers,
}) => {
  const { parameters, state, d_state, gradients } = buffers;
  for (let j = 0; j < params.n_features; j++) {
    const logScale = at(parameters, params.log_scale_offset + j);
    const bias = flags.BIAS ? at(parameters, params.bias_offset + j) : 0;
    let dLogScale = params.n_valid_rows * params.d_log_det;
    let dBias = 0;
    for (let row = 0; row < params.n_rows; row++) {
      const place = j * params.n_rows + row;
      const z = at(state, place);
      const dZ = at(d_state, place);
      const dX = dZ * Math.exp(logScale);
      state[place] = z * Math.exp(-logScale) - bias;
      d_state[place] = dX;
      dLogScale += dZ * z;
      dBias += dX;
    }
    const logScalePlace = params.log_scale_offset + j;
    const biasPlace = params.bias_offset + j;
    gradients[logScalePlace] = at(gradients, logScalePlace) + dLogScale;
    if (flags.BIAS) gradients[biasPlace] = at(gradients, biasPlace) + dBias;
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { diagonalScaleKernel } from '../../kernels/elementwise/diagonal_scale.ts';
import { at } from '../maths/at.ts';

export const diagonalScale: Twin<typeof diagonalScaleKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, log_det } = buffers;
  for (let row = 0; row < params.n_rows; row++) {
    let sum = 0;
    for (let j = 0; j < params.n_features; j++) {
      const logScale = at(parameters, params.log_scale_offset + j);
      const bias = flags.BIAS ? at(parameters, params.bias_offset + j) : 0;
      const place = j * params.n_rows + row;
      const value = at(state, place);
      state[place] = flags.INVERSE ? value * Math.exp(-logScale) - bias : (value + bias) * Math.exp(logScale);
      sum += flags.INVERSE ? -logScale : logScale;
    }
    if (row >= params.n_rows / params.n_pixels) continue;
    log_det[row] = (params.accumulate === 1 ? at(log_det, row) : 0) + params.n_pixels * sum;
  }
};

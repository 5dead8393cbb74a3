import type { Twin } from '../../plan/kernel.ts';
import type { actnormStartKernel } from '../../kernels/elementwise/actnorm_start.ts';
import { at } from '../maths/at.ts';

export const actnormStart: Twin<typeof actnormStartKernel> = ({ params, buffers }) => {
  const { state, parameters } = buffers;
  if (at(parameters, params.initialised_offset) !== 0) return;
  for (let j = 0; j < params.n_features; j++) {
    let sum = 0;
    for (let row = 0; row < params.n_valid_rows; row++) sum += at(state, j * params.n_rows + row);
    const mean = sum / params.n_valid_rows;
    let sumSquares = 0;
    for (let row = 0; row < params.n_valid_rows; row++) {
      sumSquares += (at(state, j * params.n_rows + row) - mean) ** 2;
    }
    const std = Math.sqrt(sumSquares / params.n_valid_rows);
    if (!Number.isFinite(mean) || !Number.isFinite(std)) continue;
    parameters[params.bias_offset + j] = -mean;
    parameters[params.log_scale_offset + j] = -Math.log(Math.max(std, params.std_floor));
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { actnormStartKernel } from '../../kernels/elementwise/actnorm_start.ts';
import { at } from '../maths/at.ts';

export const actnormStart: Twin<typeof actnormStartKernel> = ({ params, buffers }) => {
  const { state, parameters } = buffers;
  if (at(parameters, params.initialised_offset) !== 0) return;
  const values = params.n_pixels * params.n_valid_rows;
  for (let j = 0; j < params.n_features; j++) {
    const of = Array.from({ length: params.n_pixels }, (_, pixel) => {
      const start = (j * params.n_pixels + pixel) * params.n_rows;
      return [...state.subarray(start, start + params.n_valid_rows)];
    }).flat();
    const mean = of.reduce((sum, value) => sum + value, 0) / values;
    const std = Math.sqrt(of.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values);
    if (!Number.isFinite(mean) || !Number.isFinite(std)) continue;
    parameters[params.bias_offset + j] = -mean;
    parameters[params.log_scale_offset + j] = -Math.log(Math.max(std, params.std_floor));
  }
};

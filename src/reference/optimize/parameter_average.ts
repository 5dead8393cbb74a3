import type { Twin } from '../../plan/kernel.ts';
import type { parameterAverageKernel } from '../../kernels/optimize/parameter_average.ts';
import { at } from '../maths/at.ts';

export const parameterAverage: Twin<typeof parameterAverageKernel> = ({ params, buffers }) => {
  const { step_state, parameters, average } = buffers;
  if (at(step_state, 1) !== 0) return;
  const updates = at(step_state, 0) + 1;
  const weight = Math.max(params.min_weight, 9 / (9 + updates));
  for (let i = 0; i < 4 * params.n_quads; i++) {
    average[i] = at(average, i) + weight * (at(parameters, i) - at(average, i));
  }
};

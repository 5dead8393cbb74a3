import type { Twin } from '../../plan/kernel.ts';
import type { halfParametersKernel } from '../../kernels/dense/half_parameters.ts';
import { at } from '../maths/at.ts';

export const halfParameters: Twin<typeof halfParametersKernel> = ({ params, buffers }) => {
  const { parameters, half_parameters } = buffers;
  // The caller of a twin rounds its results in half-precision buffers.
  for (let i = 0; i < params.n_elements; i++) half_parameters[i] = at(parameters, i);
};

import type { Twin } from '../../plan/kernel.ts';
import type { denseWeightTransposeKernel } from '../../kernels/dense/dense_weight_transpose.ts';
import { at } from '../maths/at.ts';

export const denseWeightTranspose: Twin<typeof denseWeightTransposeKernel> = ({ params, buffers }) => {
  const { parameters, transposed } = buffers;
  const { n_inputs, n_outputs, n_output_quads, weight_offset } = params;
  for (let i = 0; i < n_inputs; i++) {
    for (let o = 0; o < 4 * n_output_quads; o++) {
      transposed[i * 4 * n_output_quads + o] =
        o < n_outputs ? at(parameters, weight_offset + o * n_inputs + i) : 0;
    }
  }
};

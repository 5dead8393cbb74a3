import type { Twin } from '../../plan/kernel.ts';
import type { denseBackwardWeightKernel } from '../../kernels/dense/dense_backward_weight.ts';
import { at } from '../maths/at.ts';

export const denseBackwardWeight: Twin<typeof denseBackwardWeightKernel> = ({ params, buffers }) => {
  const { d_output, input, partials } = buffers;
  const rows = 4 * params.n_quads;
  const columns = params.n_inputs + 1;
  partials.fill(0, 0, params.n_slices * params.n_outputs * columns);
  for (let o = 0; o < params.n_outputs; o++) {
    for (let row = 0; row < rows; row++) {
      const start = ((Math.floor(row / 4) % params.n_slices) * params.n_outputs + o) * columns;
      const dOutput = at(d_output, (params.output_start + o) * rows + row);
      for (let i = 0; i < params.n_inputs; i++) {
        const product = dOutput * at(input, (params.input_start + i) * rows + row);
        partials[start + i] = at(partials, start + i) + product;
      }
      partials[start + params.n_inputs] = at(partials, start + params.n_inputs) + dOutput;
    }
  }
};

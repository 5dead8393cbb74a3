import type { Twin } from '../kernel.ts';
import type { denseBackwardWeightKernel } from '../kernels/dense_backward_weight.ts';
import { at } from './at.ts';

export const denseBackwardWeight: Twin<typeof denseBackwardWeightKernel> = ({ params, buffers }) => {
  const { d_output, input, gradients } = buffers;
  for (let o = 0; o < params.n_outputs; o++) {
    const dOutput = (row: number): number => at(d_output, (params.output_start + o) * params.n_rows + row);
    for (let row = 0; row < params.n_rows; row++) {
      for (let i = 0; i < params.n_inputs; i++) {
        const place = params.weight_offset + o * params.n_inputs + i;
        gradients[place] =
          at(gradients, place) + dOutput(row) * at(input, (params.input_start + i) * params.n_rows + row);
      }
      gradients[params.bias_offset + o] = at(gradients, params.bias_offset + o) + dOutput(row);
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { denseBackwardInputKernel } from '../../kernels/dense/dense_backward_input.ts';
import { at } from '../maths/at.ts';

export const denseBackwardInput: Twin<typeof denseBackwardInputKernel> = ({ params, flags, buffers }) => {
  const { parameters, d_output, derivative, d_input } = buffers;
  const rows = 4 * params.n_quads;
  for (let i = 0; i < params.n_inputs; i++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let o = 0; o < params.n_outputs; o++) {
        sum +=
          at(parameters, params.weight_offset + o * params.weight_stride + i) *
          at(d_output, (params.output_start + o) * rows + row);
      }
      const place = (params.input_start + i) * rows + row;
      const pulled = flags.HIDDEN ? sum * at(derivative, i * rows + row) : sum;
      d_input[place] = flags.ADD ? at(d_input, place) + pulled : pulled;
    }
  }
};

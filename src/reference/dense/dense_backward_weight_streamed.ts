import type { Twin } from '../../plan/kernel.ts';
import type { denseBackwardWeightStreamedKernel } from '../../kernels/dense/dense_backward_weight_streamed.ts';
import { at } from '../maths/at.ts';

export const denseBackwardWeightStreamed: Twin<typeof denseBackwardWeightStreamedKernel> = ({
  params,
  buffers,
}) => {
  const { d_output, input, gradients } = buffers;
  const rows = 4 * params.n_quads;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let o = 0; o < params.n_outputs; o++) {
    for (let row = 0; row < rows; row++) {
      const dOutput = at(d_output, (params.output_start + o) * rows + row);
      for (let i = 0; i < params.n_inputs; i++) {
        add(
          params.weight_offset + o * params.n_inputs + i,
          dOutput * at(input, (params.input_start + i) * rows + row),
        );
      }
      add(params.bias_offset + o, dOutput);
    }
  }
};

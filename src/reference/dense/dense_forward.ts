import type { Twin } from '../../plan/kernel.ts';
import type { denseForwardKernel } from '../../kernels/dense/dense_forward.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';

export const denseForward: Twin<typeof denseForwardKernel> = ({ params, flags, constants, buffers }) => {
  const { parameters, input, output, derivative } = buffers;
  const rows = 4 * params.n_quads;
  for (let o = 0; o < params.n_outputs; o++) {
    for (let row = 0; row < rows; row++) {
      let sum = at(parameters, params.bias_offset + o);
      for (let i = 0; i < params.n_inputs; i++) {
        sum +=
          at(parameters, params.weight_offset + o * params.n_inputs + i) *
          at(input, (params.input_start + i) * rows + row);
      }
      const place = (params.output_start + o) * rows + row;
      if (flags.ADD) sum += at(output, place);
      const activated = activate(constants.ACTIVATION, sum);
      output[place] = activated.value;
      if (flags.STORE_DERIVATIVE) derivative[place] = activated.derivative;
    }
  }
};

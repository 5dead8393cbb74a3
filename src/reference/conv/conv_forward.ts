import type { Twin } from '../../plan/kernel.ts';
import type { convForwardKernel } from '../../kernels/conv/conv_forward.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { tapPixel } from '../maths/taps.ts';

export const convForward: Twin<typeof convForwardKernel> = ({ params, flags, constants, buffers }) => {
  const { parameters, input, context, output, derivative } = buffers;
  const { n_channels, n_columns, height, width } = params;
  const rows = 4 * params.n_quads;
  const pixels = height * width;
  for (let o = 0; o < params.n_outputs; o++) {
    const weightOf = (column: number): number =>
      at(parameters, params.weight_offset + o * n_columns + column);
    for (let p = 0; p < pixels; p++) {
      for (let r = 0; r < rows; r++) {
        let sum = at(parameters, params.bias_offset + o);
        for (let column = 0; column < 9 * n_channels; column++) {
          const from = tapPixel(params, p, column % 9);
          if (from === undefined) continue;
          const channel = params.input_start + Math.floor(column / 9);
          sum += weightOf(column) * at(input, (channel * pixels + from) * rows + r);
        }
        for (let column = 9 * n_channels; column < n_columns; column++) {
          sum += weightOf(column) * at(context, (column - 9 * n_channels) * rows + r);
        }
        const place = ((params.output_start + o) * pixels + p) * rows + r;
        if (flags.ADD) sum += at(output, place);
        const activated = activate(constants.ACTIVATION, sum);
        output[place] = activated.value;
        if (flags.STORE_DERIVATIVE) derivative[place] = activated.derivative;
      }
    }
  }
};

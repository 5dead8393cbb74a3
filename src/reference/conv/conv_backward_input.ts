import type { Twin } from '../../plan/kernel.ts';
import type { convBackwardInputKernel } from '../../kernels/conv/conv_backward_input.ts';
import { at } from '../maths/at.ts';
import { tapPixel } from '../maths/taps.ts';

export const convBackwardInput: Twin<typeof convBackwardInputKernel> = ({ params, flags, buffers }) => {
  const { parameters, d_output, derivative, d_input } = buffers;
  const { n_channels, n_outputs, n_columns, input_start, output_start } = params;
  const rows = 4 * params.n_quads;
  const pixels = params.height * params.width;
  for (let c = 0; c < n_channels; c++) {
    for (let r = 0; r < rows; r++) {
      const sums = new Float64Array(pixels);
      for (let o = 0; o < n_outputs; o++) {
        for (let p = 0; p < pixels; p++) {
          const dOutput = at(d_output, ((output_start + o) * pixels + p) * rows + r);
          for (let tap = 0; tap < 9; tap++) {
            const from = tapPixel(params, p, tap);
            if (from === undefined) continue;
            const weight = at(parameters, params.weight_offset + o * n_columns + 9 * c + tap);
            sums[from] = at(sums, from) + weight * dOutput;
          }
        }
      }
      sums.forEach((sum, p) => {
        const place = ((input_start + c) * pixels + p) * rows + r;
        const pulled = flags.HIDDEN ? sum * at(derivative, (c * pixels + p) * rows + r) : sum;
        d_input[place] = (flags.ADD ? at(d_input, place) : 0) + pulled;
      });
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { denseBackwardWeightBlockedKernel } from '../../kernels/dense/dense_backward_weight_blocked.ts';
import { at } from '../maths/at.ts';

export const denseBackwardWeightBlocked: Twin<typeof denseBackwardWeightBlockedKernel> = ({
  params,
  buffers,
}) => {
  const { d_output, input, partials } = buffers;
  const { n_rows: rows, slice_rows: sliceRows } = params;
  const columns = params.n_inputs + 1;
  partials.fill(0, 0, Math.ceil(rows / sliceRows) * params.n_outputs * columns);
  for (let o = 0; o < params.n_outputs; o++) {
    for (let row = 0; row < rows; row++) {
      const start = (Math.floor(row / sliceRows) * params.n_outputs + o) * columns;
      const dOutput = at(d_output, (params.output_start + o) * rows + row);
      for (let i = 0; i < params.n_inputs; i++) {
        const product = dOutput * at(input, (params.input_start + i) * rows + row);
        partials[start + i] = at(partials, start + i) + product;
      }
      partials[start + params.n_inputs] = at(partials, start + params.n_inputs) + dOutput;
    }
  }
};

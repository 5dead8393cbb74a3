import type { Twin } from '../../plan/kernel.ts';
import type { convBackwardWeightKernel } from '../../kernels/conv/conv_backward_weight.ts';
import { addWeightGradients } from '../maths/convWeight.ts';

export const convBackwardWeight: Twin<typeof convBackwardWeightKernel> = ({ params, buffers }) => {
  const { n_slices } = params;
  const rows = 4 * params.n_quads;
  addWeightGradients(
    { ...params, rows, slices: n_slices },
    buffers,
    (_, row) => Math.floor(row / 4) % n_slices,
  );
};

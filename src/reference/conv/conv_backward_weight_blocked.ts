import type { Twin } from '../../plan/kernel.ts';
import type { convBackwardWeightBlockedKernel } from '../../kernels/conv/conv_backward_weight_blocked.ts';
import { addWeightGradients } from '../maths/convWeight.ts';

export const convBackwardWeightBlocked: Twin<typeof convBackwardWeightBlockedKernel> = ({
  params,
  buffers,
}) => {
  const { n_rows: rows, slice_rows } = params;
  const slices = Math.ceil((rows * params.height * params.width) / slice_rows);
  addWeightGradients({ ...params, rows, slices }, buffers, (pixel, row) =>
    Math.floor((pixel * rows + row) / slice_rows),
  );
};

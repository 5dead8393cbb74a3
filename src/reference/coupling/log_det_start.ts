import type { Twin } from '../../plan/kernel.ts';
import type { logDetStartKernel } from '../../kernels/coupling/log_det_start.ts';

export const logDetStart: Twin<typeof logDetStartKernel> = ({ params, buffers }) => {
  for (let row = 0; row < params.n_rows; row++) buffers.log_det[row] = 0;
};

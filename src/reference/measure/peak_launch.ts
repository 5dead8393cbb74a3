import type { Twin } from '../../plan/kernel.ts';
import type { peakLaunchKernel } from '../../kernels/measure/peak_launch.ts';

export const peakLaunch: Twin<typeof peakLaunchKernel> = ({ params, buffers }) => {
  buffers.output.fill(1, 0, params.n_elements);
};

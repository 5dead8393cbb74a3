import type { Twin } from '../../plan/kernel.ts';
import type { peakCopyKernel } from '../../kernels/measure/peak_copy.ts';
import { at } from '../maths/at.ts';

export const peakCopy: Twin<typeof peakCopyKernel> = ({ params, buffers }) => {
  for (let i = 0; i < params.n_elements; i++) buffers.output[i] = at(buffers.input, i);
};

import type { Twin } from '../kernel.ts';
import type { peakCopyKernel } from '../kernels/peak_copy.ts';
import { at } from './at.ts';

export const peakCopy: Twin<typeof peakCopyKernel> = ({ params, buffers }) => {
  for (let i = 0; i < params.n_elements; i++) buffers.output[i] = at(buffers.input, i);
};

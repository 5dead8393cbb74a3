import type { Twin } from '../../plan/kernel.ts';
import type { squeezeKernel } from '../../kernels/conv/squeeze.ts';
import { at } from '../maths/at.ts';

export const squeeze: Twin<typeof squeezeKernel> = ({ params, flags, buffers }) => {
  const { source, moved } = buffers;
  const { n_elements, n_pairs } = params;
  const inner = 4 * params.n_inner;
  const blocks = n_elements / (2 * n_pairs * params.n_inner);
  for (let b = 0; b < blocks; b++) {
    for (let k = 0; k < n_pairs; k++) {
      for (let h = 0; h < 2; h++) {
        const split = ((2 * b + h) * n_pairs + k) * inner;
        const joined = ((b * n_pairs + k) * 2 + h) * inner;
        for (let i = 0; i < inner; i++) {
          if (flags.INVERSE) moved[joined + i] = at(source, split + i);
          else moved[split + i] = at(source, joined + i);
        }
      }
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { freezeGradientsKernel } from '../../kernels/optimize/freeze_gradients.ts';
import { hasBit } from '../maths/bits.ts';

export const freezeGradients: Twin<typeof freezeGradientsKernel> = ({ params, buffers }) => {
  const { frozen, gradients } = buffers;
  for (let i = 0; i < 4 * params.n_quads; i++) {
    if (hasBit(frozen, Math.floor(i / 4))) gradients[i] = 0;
  }
};

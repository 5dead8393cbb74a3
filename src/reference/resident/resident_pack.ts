import type { Twin } from '../../plan/kernel.ts';
import type { residentPackKernel } from '../../kernels/resident/resident_pack.ts';
import { at } from '../maths/at.ts';

export const residentPack: Twin<typeof residentPackKernel> = ({ params, buffers }) => {
  const { sections, parameters, packed } = buffers;
  packed.fill(0, 0, 4 * params.n_quads);
  for (let section = 0; section < params.n_sections; section++) {
    const [first = 0, offset = 0, strideK = 0, strideJ = 0, ks = 0, js = 0, blocks = 0] = sections.slice(
      8 * section,
    );
    for (let k = 0; k < ks; k++) {
      for (let j = 0; j < js; j++) {
        packed[4 * (first + k * blocks) + j] = at(parameters, offset + k * strideK + j * strideJ);
      }
    }
  }
};

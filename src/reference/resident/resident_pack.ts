import type { Twin } from '../../plan/kernel.ts';
import { TRIANGLES } from '../../kernels/resident/resident_pack.ts';
import type { residentPackKernel } from '../../kernels/resident/resident_pack.ts';
import { at } from '../maths/at.ts';
import { lowerPlace, upperPlace } from '../maths/triangles.ts';

export const residentPack: Twin<typeof residentPackKernel> = ({ params, buffers }) => {
  const { sections, parameters, packed } = buffers;
  packed.fill(0, 0, 4 * params.n_quads);
  for (let start = 0; start < 8 * params.n_sections; start += 8) {
    const record = sections.slice(start, start + 8);
    const [first = 0, offset = 0, strideK = 0, strideJ = 0, ks = 0, js = 0, across = 0, code = 0] = record;
    const triangle = TRIANGLES[code];
    const element = (k: number, j: number): number => {
      const [row, column] = strideJ === 1 ? [k, j] : [j, k];
      switch (triangle) {
        case 'lower':
          if (column < row) return at(parameters, offset + lowerPlace(row, column));
          return column === row ? 1 : 0;
        case 'upper':
          if (column > row) return at(parameters, offset + upperPlace(row, column, ks));
          return column === row ? Math.exp(at(parameters, strideK + row)) : 0;
        default:
          return at(parameters, offset + k * strideK + j * strideJ);
      }
    };
    for (let k = 0; k < ks; k++) {
      for (let j = 0; j < js; j++) packed[4 * (first + k * across) + j] = element(k, j);
    }
  }
};

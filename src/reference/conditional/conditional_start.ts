import { SPREAD } from '../../kernels/conditional/conditional_start.ts';
import type { conditionalStartKernel } from '../../kernels/conditional/conditional_start.ts';
import type { Twin } from '../../plan/kernel.ts';
import { at } from '../maths/at.ts';

const MIN_GAP = 1e-4;
const MIN_RELATIVE_GAP = 1e-6;

export const conditionalStart: Twin<typeof conditionalStartKernel> = ({ params, buffers }) => {
  const { n_rows, scale, low, median, high } = params;
  const { own, centre, nodes, slots } = buffers;
  const gap = (value: number): number => Math.max(MIN_GAP * scale, MIN_RELATIVE_GAP * Math.abs(value));
  for (let row = 0; row < n_rows; row++) {
    const value = at(own, row);
    const others = [...SPREAD.map((place) => at(centre, row) + scale * place), low, median, high].sort(
      (a, b) => a - b,
    );
    const below = others.filter((other) => other <= value);
    const above = others.slice(below.length);
    let previous = value;
    const apart = above.map((other) => (previous = Math.max(other, previous + gap(previous))));
    previous = value;
    const before = below.toReversed().map((other) => (previous = Math.min(other, previous - gap(previous))));
    [...before.toReversed(), value, ...apart].forEach((node, i) => {
      nodes[i * n_rows + row] = node;
      slots[i * n_rows + row] = i;
    });
  }
};

import type { Twin } from '../../plan/kernel.ts';
import { NONE } from '../../kernels/resident/ops.ts';
import { BLOCK_WORDS } from '../../kernels/resident/resident_backward_weight.ts';
import { TRIANGLES } from '../../kernels/resident/resident_pack.ts';
import type { residentBackwardWeightKernel } from '../../kernels/resident/resident_backward_weight.ts';
import { at } from '../maths/at.ts';
import { lowerPlace, upperPlace } from '../maths/triangles.ts';

export const residentBackwardWeight: Twin<typeof residentBackwardWeightKernel> = ({ params, buffers }) => {
  const { blocks, factors, partials } = buffers;
  const { n_pairs, slice_pairs, n_slots, n_parameters } = params;
  const slices = Math.ceil(n_pairs / slice_pairs);
  for (let start = 0; start < blocks.length; start += BLOCK_WORDS) {
    const record = blocks.slice(start, start + BLOCK_WORDS);
    const [
      outSlot = 0,
      outputs = 0,
      inSlot = 0,
      inputs = 0,
      weight = 0,
      bias = 0,
      firstOut = 0,
      firstIn = 0,
    ] = record;
    const triangle = TRIANGLES[record[8] ?? 0];
    for (let slice = 0; slice < slices; slice++) {
      for (let o = firstOut; o < Math.min(firstOut + 32, outputs); o++) {
        for (let i = firstIn; i < Math.min(firstIn + 32, inputs + 1); i++) {
          const place =
            i === inputs ? (bias === NONE ? NONE : bias + o) : placeOf(triangle, weight, inputs, o, i);
          if (place === NONE) continue;
          let sum = 0;
          for (let pair = slice * slice_pairs; pair < Math.min((slice + 1) * slice_pairs, n_pairs); pair++) {
            const factor = (slot: number, row: number): number =>
              at(factors, (pair * n_slots + slot) * 8 + row);
            for (let row = 0; row < 8; row++) {
              sum += factor(outSlot + o, row) * (i === inputs ? 1 : factor(inSlot + i, row));
            }
          }
          partials[slice * n_parameters + place] = sum;
        }
      }
    }
  }
};

function placeOf(
  triangle: (typeof TRIANGLES)[number] | undefined,
  weight: number,
  inputs: number,
  o: number,
  i: number,
) {
  if (triangle === 'lower') return i < o ? weight + lowerPlace(o, i) : NONE;
  if (triangle === 'upper') return i > o ? weight + upperPlace(o, i, inputs) : NONE;
  return weight + o * inputs + i;
}

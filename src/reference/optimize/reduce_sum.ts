import type { Twin } from '../../plan/kernel.ts';
import type { reduceSumKernel } from '../../kernels/optimize/reduce_sum.ts';
import { reductionGroups, REDUCTION_SIZE } from '../../plan/shape.ts';
import { at } from '../maths/at.ts';

export const reduceSum: Twin<typeof reduceSumKernel> = ({ params, flags, buffers }) => {
  const { input, output } = buffers;
  const groups = reductionGroups(params.n_elements);
  const start = params.output_start;
  output.fill(0, start, start + groups);
  for (let i = 0; i < params.n_elements; i++) {
    const place = start + (Math.floor(i / REDUCTION_SIZE) % groups);
    output[place] = at(output, place) + at(input, i) ** (flags.SQUARES ? 2 : 1);
  }
};

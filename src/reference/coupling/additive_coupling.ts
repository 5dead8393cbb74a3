import type { Twin } from '../../plan/kernel.ts';
import type { additiveCouplingKernel } from '../../kernels/coupling/additive_coupling.ts';
import { at } from '../maths/at.ts';
import { isOfParity } from '../maths/checkerboard.ts';

export const additiveCoupling: Twin<typeof additiveCouplingKernel> = ({ params, flags, buffers }) => {
  const { conditioner_output, state, d_state, d_conditioner_output } = buffers;
  for (let index = 0; index < params.n_rows * params.n_transformed; index++) {
    const place = params.transform_start * params.n_rows + index;
    const pixel = Math.floor(index / params.n_rows) % params.n_pixels;
    const stays = flags.CHECKERBOARD && isOfParity(pixel, params.width, params.parity);
    if (flags.GRADIENT) d_conditioner_output[index] = stays ? 0 : at(d_state, place);
    if (stays) continue;
    state[place] = at(state, place) + params.sign * at(conditioner_output, index);
  }
};

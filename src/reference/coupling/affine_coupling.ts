import type { Twin } from '../../plan/kernel.ts';
import type { affineCouplingKernel } from '../../kernels/coupling/affine_coupling.ts';
import { at } from '../maths/at.ts';
import { isOfParity } from '../maths/checkerboard.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const affineCoupling: Twin<typeof affineCouplingKernel> = ({ params, flags, constants, buffers }) => {
  const { conditioner_output, state, log_scale } = buffers;
  const elements = params.n_rows * params.n_transformed;
  for (let index = 0; index < elements; index++) {
    const pixel = Math.floor(index / params.n_rows) % params.n_pixels;
    if (flags.CHECKERBOARD && isOfParity(pixel, params.width, params.parity)) {
      log_scale[index] = 0;
      continue;
    }
    const s = logScaleOf(constants.SCALE_MAP, at(conditioner_output, index), params.scale_bound).value;
    const t = at(conditioner_output, elements + index);
    const place = params.transform_start * params.n_rows + index;
    const value = at(state, place);
    if (flags.INVERSE) {
      state[place] = flags.SHIFT_FIRST ? value * Math.exp(-s) - t : (value - t) * Math.exp(-s);
    } else {
      state[place] = flags.SHIFT_FIRST ? (value + t) * Math.exp(s) : value * Math.exp(s) + t;
    }
    log_scale[index] = s;
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { affineCouplingBackwardKernel } from '../../kernels/coupling/affine_coupling_backward.ts';
import { at } from '../maths/at.ts';
import { isOfParity } from '../maths/checkerboard.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const affineCouplingBackward: Twin<typeof affineCouplingBackwardKernel> = ({
  params,
  flags,
  constants,
  buffers,
}) => {
  const { conditioner_output, state, d_state, d_conditioner_output } = buffers;
  const elements = params.n_rows * params.n_transformed;
  for (let index = 0; index < elements; index++) {
    const pixel = Math.floor(index / params.n_rows) % params.n_pixels;
    if (flags.CHECKERBOARD && isOfParity(pixel, params.width, params.parity)) {
      d_conditioner_output[index] = 0;
      d_conditioner_output[elements + index] = 0;
      continue;
    }
    const s = logScaleOf(constants.SCALE_MAP, at(conditioner_output, index), params.scale_bound);
    const t = at(conditioner_output, elements + index);
    const place = params.transform_start * params.n_rows + index;
    const scaled = flags.SHIFT_FIRST ? at(state, place) : at(state, place) - t;
    const dLogDet = index % params.n_rows < params.n_valid_rows ? params.d_log_det : 0;
    const dZ = at(d_state, place);
    const dX = dZ * Math.exp(s.value);
    state[place] = scaled * Math.exp(-s.value) - (flags.SHIFT_FIRST ? t : 0);
    d_state[place] = dX;
    d_conditioner_output[index] = (dZ * scaled + dLogDet) * s.derivative;
    d_conditioner_output[elements + index] = flags.SHIFT_FIRST ? dX : dZ;
  }
};

import type { Twin } from '../kernel.ts';
import type { couplingShiftBackwardKernel } from '../kernels/coupling_shift_backward.ts';
import { at } from './at.ts';
import { shiftOf } from './shift_map.ts';

export const couplingShiftBackward: Twin<typeof couplingShiftBackwardKernel> = ({
  params,
  constants,
  buffers,
}) => {
  const { conditioner_output, d_state, state, d_conditioner_output } = buffers;
  for (let index = 0; index < params.n_rows * params.n_transformed; index++) {
    const t = shiftOf(constants.SHIFT_BOUNDED, at(conditioner_output, index), params.shift_bound);
    const place = params.transform_start * params.n_rows + index;
    state[place] = at(state, place) - t.value;
    d_conditioner_output[index] = at(d_state, place) * t.slope;
  }
};

import type { Twin } from '../kernel.ts';
import type { couplingShiftKernel } from '../kernels/coupling_shift.ts';
import { at } from './at.ts';
import { shiftOf } from './shift_map.ts';

export const couplingShift: Twin<typeof couplingShiftKernel> = ({ params, constants, buffers }) => {
  const { conditioner_output, state } = buffers;
  for (let index = 0; index < params.n_rows * params.n_transformed; index++) {
    const place = params.transform_start * params.n_rows + index;
    const t = shiftOf(constants.SHIFT_BOUNDED, at(conditioner_output, index), params.shift_bound).value;
    state[place] = at(state, place) + params.sign * t;
  }
};

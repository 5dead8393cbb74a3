import type { Twin } from '../kernel.ts';
import type { couplingInverseKernel } from '../kernels/coupling_inverse.ts';
import { at } from './at.ts';
import { logScaleOf } from './scale_map.ts';

export const couplingInverse: Twin<typeof couplingInverseKernel> = ({
  params,
  flags,
  constants,
  buffers,
}) => {
  const { conditioner_output, state, log_scale } = buffers;
  const elements = params.n_rows * params.n_transformed;
  for (let index = 0; index < elements; index++) {
    const s = logScaleOf(constants.SCALE_MAP, at(conditioner_output, index), params.scale_bound).value;
    const t = at(conditioner_output, elements + index);
    const place = params.transform_start * params.n_rows + index;
    const z = at(state, place);
    state[place] = flags.SHIFT_FIRST ? z * Math.exp(-s) - t : (z - t) * Math.exp(-s);
    log_scale[index] = s;
  }
};

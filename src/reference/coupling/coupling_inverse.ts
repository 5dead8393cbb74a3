import type { Twin } from '../../plan/kernel.ts';
import type { couplingInverseKernel } from '../../kernels/coupling/coupling_inverse.ts';
import { at } from '../maths/at.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

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

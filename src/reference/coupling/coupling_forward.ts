import type { Twin } from '../../plan/kernel.ts';
import type { couplingForwardKernel } from '../../kernels/coupling/coupling_forward.ts';
import { at } from '../maths/at.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const couplingForward: Twin<typeof couplingForwardKernel> = ({
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
    const x = at(state, place);
    state[place] = flags.SHIFT_FIRST ? (x + t) * Math.exp(s) : x * Math.exp(s) + t;
    log_scale[index] = s;
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { stepRecordKernel } from '../../kernels/optimize/step_record.ts';
import { at } from '../maths/at.ts';

export const stepRecord: Twin<typeof stepRecordKernel> = ({ params, buffers }) => {
  const { step_sums, step_state, step_losses } = buffers;
  const step = at(step_state, 0);
  const slot = 2 * (step % params.ring_size);
  step_losses[slot] = at(step_sums, 0) / params.n_rows;
  const sumSquares = at(step_sums, 1);
  const isRefused = at(step_state, 1) !== 0 && Number.isFinite(sumSquares);
  step_losses[slot + 1] = isRefused ? -1 : Math.sqrt(sumSquares);
  step_state[0] = step + 1;
  step_state[1] = 0;
};

import type { Twin } from '../../plan/kernel.ts';
import type { traceRecordKernel } from '../../kernels/data/trace_record.ts';
import { at } from '../maths/at.ts';

export const traceRecord: Twin<typeof traceRecordKernel> = ({ params, flags, buffers }) => {
  const { state, log_det, states, log_dets } = buffers;
  const { n_rows, n_features, place } = params;
  for (let element = 0; element < n_features * n_rows; element++) {
    states[place * n_features * n_rows + element] = at(state, element);
  }
  if (!flags.LOG_DET) return;
  for (let row = 0; row < n_rows; row++) log_dets[(place - 1) * n_rows + row] = at(log_det, row);
};

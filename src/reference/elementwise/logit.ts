import { fromDomain, intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import type { logitKernel } from '../../kernels/elementwise/logit.ts';
import { at } from '../maths/at.ts';

export const logit: Twin<typeof logitKernel> = ({ params, flags, buffers }) => {
  const { state, log_det } = buffers;
  const { start, span } = params;
  for (let row = 0; row < params.n_rows; row++) {
    let sum = params.accumulate === 1 ? at(log_det, row) : 0;
    for (let j = 0; j < params.n_features; j++) {
      const place = j * params.n_rows + row;
      if (flags.INVERSE) {
        const { value, logDerivative } = intoDomain('unit', at(state, place));
        state[place] = (value - start) / span;
        sum += logDerivative - Math.log(span);
      } else {
        const { image, logDerivative } = fromDomain('unit', start + span * at(state, place));
        state[place] = image;
        sum += logDerivative + Math.log(span);
      }
    }
    log_det[row] = sum;
  }
};

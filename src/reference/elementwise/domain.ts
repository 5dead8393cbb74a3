import { DOMAINS, fromDomain, intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import type { domainKernel } from '../../kernels/elementwise/domain.ts';
import { at } from '../maths/at.ts';

export const domain: Twin<typeof domainKernel> = ({ params, flags, constants, buffers }) => {
  const { parameters, state, log_det } = buffers;
  const bounds = constants.DOMAIN === DOMAINS.indexOf('unit') ? 'unit' : 'positive';
  for (let row = 0; row < params.n_rows; row++) {
    let sum = params.accumulate === 1 ? at(log_det, row) : 0;
    for (let j = 0; j < params.n_features; j++) {
      const feature = params.feature_start + j;
      const scale = at(parameters, params.scale_offset + feature);
      const place = feature * params.n_rows + row;
      if (flags.INVERSE) {
        const { value, logDerivative } = intoDomain(bounds, at(state, place), scale);
        state[place] = value;
        sum += logDerivative;
      } else {
        const { image, logDerivative } = fromDomain(bounds, at(state, place), scale);
        state[place] = image;
        sum += logDerivative;
      }
    }
    log_det[row] = sum;
  }
};

import { fromDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import { DOMAIN_CODES } from '../../kernels/elementwise/domain_forward.ts';
import type { domainForwardKernel } from '../../kernels/elementwise/domain_forward.ts';
import { at } from '../maths/at.ts';

export const domainForward: Twin<typeof domainForwardKernel> = ({ params, constants, buffers }) => {
  const { parameters, state, log_det } = buffers;
  const domain = constants.DOMAIN === DOMAIN_CODES.unit ? 'unit' : 'positive';
  for (let row = 0; row < params.n_rows; row++) {
    let sum = params.accumulate === 1 ? at(log_det, row) : 0;
    for (let j = 0; j < params.n_features; j++) {
      const feature = params.feature_start + j;
      const scale = at(parameters, params.scale_offset + feature);
      const place = feature * params.n_rows + row;
      const { image, logSlope } = fromDomain(domain, at(state, place), scale);
      state[place] = image;
      sum += logSlope;
    }
    log_det[row] = sum;
  }
};

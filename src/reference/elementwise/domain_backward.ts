import { DOMAINS, intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import type { domainBackwardKernel } from '../../kernels/elementwise/domain_backward.ts';
import { at } from '../maths/at.ts';

export const domainBackward: Twin<typeof domainBackwardKernel> = ({ params, constants, buffers }) => {
  const { parameters, state, d_state } = buffers;
  const bounds = constants.DOMAIN === DOMAINS.indexOf('unit') ? 'unit' : 'positive';
  for (let row = 0; row < params.n_rows; row++) {
    const dLogDet = row < params.n_valid_rows ? params.d_log_det : 0;
    for (let j = 0; j < params.n_features; j++) {
      const feature = params.feature_start + j;
      const place = feature * params.n_rows + row;
      const z = at(state, place);
      // The log of dx/dz; its slope over z, with the sign changed, is that of log dz/dx.
      const { value, logDerivative } = intoDomain(bounds, z, at(parameters, params.scale_offset + feature));
      const bend = bounds === 'unit' ? Math.tanh(z / 2) : -1 / (1 + Math.exp(z));
      state[place] = value;
      d_state[place] = (at(d_state, place) + dLogDet * bend) * Math.exp(-logDerivative);
    }
  }
};

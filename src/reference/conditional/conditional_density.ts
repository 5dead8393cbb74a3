import type { conditionalDensityKernel } from '../../kernels/conditional/conditional_density.ts';
import { DOMAINS, intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import { at } from '../maths/at.ts';

export const conditionalDensity: Twin<typeof conditionalDensityKernel> = ({ params, flags, buffers }) => {
  const { n_rows, n_nodes, n_draws, scale } = params;
  const { log_prob, draw_weight, log_density, log_weight, fresh, slots } = buffers;
  const domain = DOMAINS[params.domain] ?? 'real';
  for (let node = 0; node < n_nodes; node++) {
    for (let row = 0; row < n_rows; row++) {
      const terms = Array.from({ length: n_draws }, (_, draw) => {
        const place = (node * n_draws + draw) * n_rows + row;
        const term = at(log_prob, place) + at(draw_weight, draw * n_rows + row);
        return flags.CELLS ? term + at(log_weight, place) : term;
      });
      const peak = Math.max(...terms);
      const sum = terms.reduce((total, term) => total + Math.exp(term - peak), 0);
      const mean = Number.isFinite(peak) ? peak + Math.log(sum / n_draws) : peak;
      const index = node * n_rows + row;
      if (flags.CELLS) {
        log_density[index] = mean;
        continue;
      }
      const y = at(fresh, index);
      const logDerivative = domain === 'real' ? 0 : intoDomain(domain, y, scale).logDerivative;
      log_density[at(slots, index) * n_rows + row] = mean + logDerivative;
    }
  }
};

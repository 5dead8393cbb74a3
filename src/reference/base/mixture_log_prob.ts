import type { Twin } from '../../plan/kernel.ts';
import type { mixtureLogProbKernel } from '../../kernels/base/mixture_log_prob.ts';
import { at } from '../maths/at.ts';
import { mixtureDensity, mixtureGradient, mixtureOf } from '../maths/mixture.ts';

export const mixtureLogProb: Twin<typeof mixtureLogProbKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, log_det, log_prob, d_state, d_base } = buffers;
  const { n_rows, n_valid_rows, n_features, n_total } = params;
  const components = mixtureOf(parameters, params);
  for (let row = 0; row < n_rows; row++) {
    const z = Array.from({ length: n_features }, (_, j) => at(state, j * n_rows + row));
    const density = mixtureDensity(components, z);
    if (!flags.LOSS) {
      log_prob[row] = density.log + params.sign * at(log_det, row);
      continue;
    }
    const isValid = row < n_valid_rows;
    if (isValid) log_prob[params.row_start + row] = -density.log - at(log_det, row);
    const gradient = mixtureGradient(components, density, isValid ? -1 / n_total : 0);
    gradient.dZ.forEach((d, j) => {
      d_state[j * n_rows + row] = d;
    });
    const { dMean, dLogScale, dLogit } = gradient;
    [...dMean.flat(), ...dLogScale.flat(), ...dLogit].forEach((d, element) => {
      d_base[element * n_rows + row] = d;
    });
  }
};

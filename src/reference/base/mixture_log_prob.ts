import type { Twin } from '../../plan/kernel.ts';
import type { mixtureLogProbKernel } from '../../kernels/base/mixture_log_prob.ts';
import { at } from '../maths/at.ts';
import { mixtureOf } from '../maths/mixture.ts';
import { normalLogDensity } from '../maths/normal_log_density.ts';

export const mixtureLogProb: Twin<typeof mixtureLogProbKernel> = ({ params, flags, buffers }) => {
  const { parameters, state, log_det, log_prob, d_state, d_base } = buffers;
  const { n_rows, n_valid_rows, n_features, n_total } = params;
  const components = mixtureOf(parameters, params);
  for (let row = 0; row < n_rows; row++) {
    const z = Array.from({ length: n_features }, (_, j) => at(state, j * n_rows + row));
    const parts = components.map(({ weight, mean, scale }) => {
      const u = z.map((value, j) => (value - at(mean, j)) / at(scale, j));
      const sumSquares = u.reduce((sum, one) => sum + one ** 2, 0);
      const logScale = scale.reduce((sum, one) => sum + Math.log(one), 0);
      return { u, log: Math.log(weight) + normalLogDensity(sumSquares, n_features) - logScale };
    });
    const largest = Math.max(...parts.map(({ log }) => log));
    const total = largest + Math.log(parts.reduce((sum, { log }) => sum + Math.exp(log - largest), 0));
    if (!flags.LOSS) {
      log_prob[row] = total + params.sign * at(log_det, row);
      continue;
    }
    const isValid = row < n_valid_rows;
    if (isValid) log_prob[params.row_start + row] = -total - at(log_det, row);
    const share = (k: number): number => (isValid ? Math.exp((parts[k]?.log ?? NaN) - total) / n_total : 0);
    const elements = components.length * n_features;
    for (let j = 0; j < n_features; j++) d_state[j * n_rows + row] = 0;
    components.forEach(({ weight, scale }, k) => {
      for (let j = 0; j < n_features; j++) {
        const u = parts[k]?.u[j] ?? NaN;
        const element = k * n_features + j;
        const pull = (share(k) * u) / at(scale, j);
        d_state[j * n_rows + row] = at(d_state, j * n_rows + row) + pull;
        d_base[element * n_rows + row] = -pull;
        d_base[(elements + element) * n_rows + row] = share(k) * (1 - u ** 2);
      }
      d_base[(2 * elements + k) * n_rows + row] = isValid ? weight / n_total - share(k) : 0;
    });
  }
};

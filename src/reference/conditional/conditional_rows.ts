import type { conditionalRowsKernel } from '../../kernels/conditional/conditional_rows.ts';
import { DOMAINS, intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import { at } from '../maths/at.ts';

export const conditionalRows: Twin<typeof conditionalRowsKernel> = ({ params, flags, buffers }) => {
  const { n_rows, n_evaluations, n_features, n_context, n_draws, feature, companion, scale } = params;
  const { rows, points, fresh, state, row_context, context } = buffers;
  const domain = DOMAINS[params.domain] ?? 'real';
  for (let evaluation = 0; evaluation < n_evaluations; evaluation++) {
    const row = evaluation % n_rows;
    const block = Math.floor(evaluation / n_rows);
    const draw = block % n_draws;
    for (let j = 0; j < n_features; j++) {
      state[j * n_evaluations + evaluation] = at(rows, (draw * n_features + j) * n_rows + row);
    }
    if (flags.NODES) {
      const node = at(fresh, Math.floor(block / n_draws) * n_rows + row);
      const value = domain === 'real' ? node : intoDomain(domain, node, scale).value;
      state[feature * n_evaluations + evaluation] = value;
      if (companion < n_features)
        state[companion * n_evaluations + evaluation] = at(points, draw * n_rows + row);
    } else state[feature * n_evaluations + evaluation] = at(points, block * n_rows + row);
    if (!flags.HAS_CONTEXT) continue;
    for (let j = 0; j < n_context; j++) {
      context[j * n_evaluations + evaluation] = at(row_context, j * n_rows + row);
    }
  }
};

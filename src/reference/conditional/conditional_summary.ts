import type { conditionalSummaryKernel } from '../../kernels/conditional/conditional_summary.ts';
import { DOMAINS, intoDomain } from '../../model/domain.ts';
import type { Twin } from '../../plan/kernel.ts';
import { at } from '../maths/at.ts';
import { columnOf, ConditionalCurve, errorOf, meanOf, pointOf, quantileOf } from '../maths/conditional.ts';

export const conditionalSummary: Twin<typeof conditionalSummaryKernel> = ({ params, buffers }) => {
  const { n_rows, n_nodes, n_points, n_levels, scale } = params;
  const { nodes, log_density, points, levels, summary } = buffers;
  const domain = DOMAINS[params.domain] ?? 'real';
  const valueAt = (y: number): number => (domain === 'real' ? y : intoDomain(domain, y, scale).value);
  for (let row = 0; row < n_rows; row++) {
    const known = {
      nodes: columnOf(nodes, n_nodes, n_rows, row),
      logDensity: columnOf(log_density, n_nodes, n_rows, row),
    };
    const curve = new ConditionalCurve(known);
    const results = [Math.log(curve.total) + curve.peak, errorOf(known), meanOf(curve, valueAt)];
    for (let i = 0; i < n_points; i++) {
      const { logDensity, below, logTail } = pointOf(curve, at(points, i * n_rows + row));
      results.push(logDensity, below, logTail);
    }
    for (let i = 0; i < n_levels; i++) results.push(quantileOf(curve, at(levels, i * n_rows + row)));
    results.forEach((result, place) => (summary[place * n_rows + row] = result));
  }
};

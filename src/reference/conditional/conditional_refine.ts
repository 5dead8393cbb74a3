import type { conditionalRefineKernel } from '../../kernels/conditional/conditional_refine.ts';
import type { Twin } from '../../plan/kernel.ts';
import { at } from '../maths/at.ts';
import { columnOf, refined } from '../maths/conditional.ts';

export const conditionalRefine: Twin<typeof conditionalRefineKernel> = ({ params, buffers }) => {
  const { n_rows, n_nodes, n_fresh } = params;
  const { nodes, log_density, next_nodes, next_log_density, fresh, slots } = buffers;
  for (let row = 0; row < n_rows; row++) {
    const curve = {
      nodes: columnOf(nodes, n_nodes, n_rows, row),
      logDensity: columnOf(log_density, n_nodes, n_rows, row),
    };
    const more = refined(curve, n_fresh);
    more.forEach((node, i) => {
      const slot = i + curve.nodes.filter((known) => known < node).length;
      next_nodes[slot * n_rows + row] = node;
      fresh[i * n_rows + row] = node;
      slots[i * n_rows + row] = slot;
    });
    curve.nodes.forEach((node, i) => {
      const slot = i + more.filter((other) => other < node).length;
      next_nodes[slot * n_rows + row] = node;
      next_log_density[slot * n_rows + row] = at(curve.logDensity, i);
    });
  }
};

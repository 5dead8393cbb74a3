import type { Twin } from '../../plan/kernel.ts';
import type { invertibleLinearWeightReduceKernel } from '../../kernels/linear/invertible_linear_weight_reduce.ts';
import { at } from '../maths/at.ts';
import { lowerPlace, upperPlace } from '../maths/triangles.ts';

export const invertibleLinearWeightReduce: Twin<typeof invertibleLinearWeightReduceKernel> = ({
  params,
  flags,
  buffers,
}) => {
  const { partials, parameters, gradients } = buffers;
  const { n_slices, n_features, triangle_offset, log_diagonal_offset } = params;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let i = 0; i < n_features; i++) {
    for (let j = 0; j < n_features; j++) {
      let sum = 0;
      for (let slice = 0; slice < n_slices; slice++) {
        sum += at(partials, (slice * n_features + i) * (n_features + 1) + j);
      }
      if (!flags.UPPER) {
        if (j < i) add(triangle_offset + lowerPlace(i, j), sum);
      } else if (j > i) {
        add(triangle_offset + upperPlace(i, j, n_features), sum);
      } else if (i === j) {
        const place = log_diagonal_offset + i;
        add(place, Math.exp(at(parameters, place)) * sum + params.d_log_det);
      }
    }
  }
};

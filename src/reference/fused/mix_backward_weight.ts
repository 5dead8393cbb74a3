import type { Twin } from '../../plan/kernel.ts';
import type { mixBackwardWeightKernel } from '../../kernels/fused/mix_backward_weight.ts';
import { at } from '../maths/at.ts';
import { mixOffsets } from '../maths/mix.ts';

export const mixBackwardWeight: Twin<typeof mixBackwardWeightKernel> = ({ params, sizes, buffers }) => {
  const { parameters, conditions, gradients } = buffers;
  const { N_DIM, N_INPUT } = sizes;
  const rows = 4 * params.n_quads;
  const offsets = mixOffsets(N_DIM);
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let c = 0; c < params.n_couplings; c++) {
    const start = params.mix_start + c * params.coupling_stride;
    const kept = (vector: number, i: number, r: number): number =>
      at(conditions, (params.n_couplings * N_INPUT + (5 * c + vector) * N_DIM + i) * rows + r);
    const sum = (term: (r: number) => number): number => {
      let total = 0;
      for (let r = 0; r < rows; r++) total += term(r);
      return total;
    };
    let [lower, upper] = [start + offsets.lower, start + offsets.upper];
    for (let i = 0; i < N_DIM; i++) {
      for (let j = 0; j < i; j++)
        add(
          lower++,
          sum((r) => kept(2, i, r) * kept(1, j, r)),
        );
      for (let j = i + 1; j < N_DIM; j++)
        add(
          upper++,
          sum((r) => kept(3, i, r) * kept(0, j, r)),
        );
      const diagonal = start + offsets.logDiagonal + i;
      const scale = start + offsets.logScale + i;
      add(
        diagonal,
        Math.exp(at(parameters, diagonal)) * sum((r) => kept(3, i, r) * kept(0, i, r)) + params.d_log_det,
      );
      add(scale, sum((r) => kept(4, i, r) * kept(0, i, r)) + params.d_log_det);
      add(start + i, Math.exp(at(parameters, scale)) * sum((r) => kept(4, i, r)));
    }
  }
};

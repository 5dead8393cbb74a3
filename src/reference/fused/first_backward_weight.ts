import type { Twin } from '../../plan/kernel.ts';
import type { firstBackwardWeightKernel } from '../../kernels/fused/first_backward_weight.ts';
import { roundUp } from '../../plan/shape.ts';
import { at } from '../maths/at.ts';

export const firstBackwardWeight: Twin<typeof firstBackwardWeightKernel> = ({ params, sizes, buffers }) => {
  const { conditions, d_first, gradients } = buffers;
  const { N_INPUT, N_NETS, HIDDEN_0 } = sizes;
  const rows = 4 * params.n_quads;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let net = 0; net < params.n_nets; net++) {
    const coupling = Math.floor(net / N_NETS);
    const weight = params.net_start + coupling * params.coupling_stride + (net % N_NETS) * params.net_stride;
    const bias = weight + roundUp(HIDDEN_0 * N_INPUT, 4);
    for (let unit = 0; unit < HIDDEN_0; unit++) {
      for (let r = 0; r < rows; r++) {
        const d = at(d_first, (net * HIDDEN_0 + unit) * rows + r);
        add(bias + unit, d);
        for (let i = 0; i < N_INPUT; i++) {
          add(weight + unit * N_INPUT + i, d * at(conditions, (coupling * N_INPUT + i) * rows + r));
        }
      }
    }
  }
};

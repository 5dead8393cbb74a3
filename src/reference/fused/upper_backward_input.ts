import type { Twin } from '../../plan/kernel.ts';
import type { upperBackwardInputKernel } from '../../kernels/fused/upper_backward_input.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { upperLayers } from '../maths/coupling_stack.ts';

export const upperBackwardInput: Twin<typeof upperBackwardInputKernel> = ({
  params,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, d_outputs, hiddens } = buffers;
  const { N_OUT, N_NETS, HIDDEN_1, HIDDEN_2 } = sizes;
  const rows = 4 * params.n_quads;
  const nets = params.n_couplings * N_NETS;
  const derivativeAt = (place: number): number =>
    activate(constants.ACTIVATION, at(hiddens, place)).derivative;
  for (let net = 0; net < nets; net++) {
    const { weight2, weightOut } = upperLayers(sizes, params, net);
    for (let r = 0; r < rows; r++) {
      const d2 = Array.from({ length: HIDDEN_2 }, (_, o) => {
        let sum = 0;
        for (let c = 0; c < N_OUT; c++) {
          sum += at(d_outputs, (net * N_OUT + c) * rows + r) * at(parameters, weightOut + c * HIDDEN_2 + o);
        }
        return sum * derivativeAt((nets * HIDDEN_1 + net * HIDDEN_2 + o) * rows + r);
      });
      for (let k = 0; k < HIDDEN_1; k++) {
        const place = (net * HIDDEN_1 + k) * rows + r;
        const dHidden = d2.reduce((sum, d, o) => sum + d * at(parameters, weight2 + o * HIDDEN_1 + k), 0);
        hiddens[place] = derivativeAt(place) * dHidden;
      }
    }
  }
};

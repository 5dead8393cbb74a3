import type { Twin } from '../../plan/kernel.ts';
import type { upperBackwardWeightKernel } from '../../kernels/fused/upper_backward_weight.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { upperLayers } from '../maths/coupling_stack.ts';

export const upperBackwardWeight: Twin<typeof upperBackwardWeightKernel> = ({
  params,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, d_outputs, hiddens, gradients } = buffers;
  const { N_OUT, N_NETS, HIDDEN_1, HIDDEN_2 } = sizes;
  const rows = 4 * params.n_quads;
  const nets = params.n_couplings * N_NETS;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let net = 0; net < nets; net++) {
    const places = upperLayers(sizes, { HAS_HIDDEN_2: true }, params, net);
    const { weightLast, biasLast, weightOut, biasOut } = places;
    for (let r = 0; r < rows; r++) {
      const d = Array.from({ length: N_OUT }, (_, c) => at(d_outputs, (net * N_OUT + c) * rows + r));
      d.forEach((value, c) => add(biasOut + c, value));
      const middle = Array.from({ length: HIDDEN_1 }, (_, k) =>
        activate(constants.ACTIVATION, at(hiddens, (net * HIDDEN_1 + k) * rows + r)),
      );
      for (let o = 0; o < HIDDEN_2; o++) {
        const last = activate(
          constants.ACTIVATION,
          at(hiddens, (nets * HIDDEN_1 + net * HIDDEN_2 + o) * rows + r),
        );
        const dLast = d.reduce(
          (sum, dOut, c) => sum + dOut * at(parameters, weightOut + c * HIDDEN_2 + o),
          0,
        );
        d.forEach((dOut, c) => add(weightOut + c * HIDDEN_2 + o, dOut * last.value));
        add(biasLast + o, dLast * last.derivative);
        middle.forEach(({ value }, k) => add(weightLast + o * HIDDEN_1 + k, dLast * last.derivative * value));
      }
    }
  }
};

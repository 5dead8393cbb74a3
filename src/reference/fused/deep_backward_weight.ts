import type { Twin } from '../../plan/kernel.ts';
import type { deepBackwardWeightKernel } from '../../kernels/fused/deep_backward_weight.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';

export const deepBackwardWeight: Twin<typeof deepBackwardWeightKernel> = ({
  params,
  flags,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, conditions, d_outputs, hiddens, gradients, partials } = buffers;
  const { N_INPUT, N_OUT, N_NETS, HIDDEN_0, HIDDEN_1, N_UPPER } = sizes;
  const rows = 4 * params.n_quads;
  const blocks = Math.ceil(HIDDEN_1 / N_UPPER);
  const nets = params.n_couplings * N_NETS;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  if (flags.PAIRS) partials.fill(0, 0, nets * blocks * (N_INPUT + 1) * HIDDEN_0);
  for (let net = 0; net < nets; net++) {
    const coupling = Math.floor(net / N_NETS);
    const start = params.net_start + coupling * params.coupling_stride + (net % N_NETS) * params.net_stride;
    const bias0 = start + roundUp(HIDDEN_0 * N_INPUT, 4);
    const weight1 = bias0 + roundUp(HIDDEN_0, 4);
    const bias1 = weight1 + roundUp(HIDDEN_1 * HIDDEN_0, 4);
    const weightOut = bias1 + roundUp(HIDDEN_1, 4);
    const biasOut = weightOut + roundUp(N_OUT * HIDDEN_1, 4);
    for (let r = 0; r < rows; r++) {
      const x = Array.from({ length: N_INPUT }, (_, i) =>
        at(conditions, (coupling * N_INPUT + i) * rows + r),
      );
      // With three hidden layers, the outputs are not directly above these two.
      const outputs = flags.HAS_HIDDEN_2 ? 0 : N_OUT;
      const d = Array.from({ length: outputs }, (_, c) => at(d_outputs, (net * N_OUT + c) * rows + r));
      d.forEach((value, c) => add(biasOut + c, value));
      const lower = Array.from({ length: HIDDEN_0 }, (_, k) =>
        activate(
          constants.ACTIVATION,
          x.reduce(
            (sum, value, i) => sum + at(parameters, start + k * N_INPUT + i) * value,
            at(parameters, bias0 + k),
          ),
        ),
      );
      for (let o = 0; o < HIDDEN_1; o++) {
        const hidden = at(hiddens, (net * HIDDEN_1 + o) * rows + r);
        const upper = activate(constants.ACTIVATION, hidden);
        const dUpper = d.reduce(
          (sum, dOut, c) => sum + dOut * at(parameters, weightOut + c * HIDDEN_1 + o),
          0,
        );
        const dA1 = flags.HAS_HIDDEN_2 ? hidden : dUpper * upper.derivative;
        d.forEach((dOut, c) => add(weightOut + c * HIDDEN_1 + o, dOut * upper.value));
        add(bias1 + o, dA1);
        const partial = (net * blocks + Math.floor(o / N_UPPER)) * (N_INPUT + 1) * HIDDEN_0;
        lower.forEach(({ value, derivative }, k) => {
          const place = weight1 + o * HIDDEN_0 + k;
          const dA0 = dA1 * at(parameters, place) * derivative;
          add(place, dA1 * value);
          if (!flags.PAIRS) return;
          [1, ...x].forEach((factor, i) => {
            const sum = partial + i * HIDDEN_0 + k;
            partials[sum] = at(partials, sum) + dA0 * factor;
          });
        });
      }
    }
  }
};

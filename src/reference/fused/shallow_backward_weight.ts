import type { Twin } from '../../plan/kernel.ts';
import type { shallowBackwardWeightKernel } from '../../kernels/fused/shallow_backward_weight.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';

export const shallowBackwardWeight: Twin<typeof shallowBackwardWeightKernel> = ({
  params,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, conditions, d_outputs, gradients } = buffers;
  const { N_INPUT, N_OUT, N_NETS, HIDDEN_0 } = sizes;
  const rows = 4 * params.n_quads;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let index = 0; index < params.n_couplings * N_NETS; index++) {
    const coupling = Math.floor(index / N_NETS);
    const start = params.net_start + coupling * params.coupling_stride + (index % N_NETS) * params.net_stride;
    const bias0 = start + roundUp(HIDDEN_0 * N_INPUT, 4);
    const weightOut = bias0 + roundUp(HIDDEN_0, 4);
    const biasOut = weightOut + roundUp(N_OUT * HIDDEN_0, 4);
    for (let r = 0; r < rows; r++) {
      const x = Array.from({ length: N_INPUT }, (_, i) =>
        at(conditions, (coupling * N_INPUT + i) * rows + r),
      );
      const d = Array.from({ length: N_OUT }, (_, c) => at(d_outputs, (index * N_OUT + c) * rows + r));
      d.forEach((value, c) => add(biasOut + c, value));
      for (let unit = 0; unit < HIDDEN_0; unit++) {
        const a = x.reduce(
          (sum, value, i) => sum + at(parameters, start + unit * N_INPUT + i) * value,
          at(parameters, bias0 + unit),
        );
        const { value, derivative } = activate(constants.ACTIVATION, a);
        d.forEach((dOut, c) => add(weightOut + c * HIDDEN_0 + unit, dOut * value));
        const dA =
          derivative *
          d.reduce((sum, dOut, c) => sum + dOut * at(parameters, weightOut + c * HIDDEN_0 + unit), 0);
        add(bias0 + unit, dA);
        x.forEach((value_, i) => add(start + unit * N_INPUT + i, dA * value_));
      }
    }
  }
};

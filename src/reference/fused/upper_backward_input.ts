import type { Twin } from '../../plan/kernel.ts';
import type { upperBackwardInputKernel } from '../../kernels/fused/upper_backward_input.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { upperLayers } from '../maths/coupling_stack.ts';

export const upperBackwardInput: Twin<typeof upperBackwardInputKernel> = ({
  params,
  flags,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, conditions, d_outputs, hiddens, d_first } = buffers;
  const { N_INPUT, N_OUT, N_NETS, HIDDEN_0 } = sizes;
  const rows = 4 * params.n_quads;
  const nets = params.n_couplings * N_NETS;
  const derivativeOf = (a: number): number => activate(constants.ACTIVATION, a).derivative;
  for (let net = 0; net < nets; net++) {
    const { start, middle, last, weightLast, weightOut } = upperLayers(sizes, flags, params, net);
    const firstLast = flags.FIRST ? 0 : nets * middle;
    for (let r = 0; r < rows; r++) {
      const dLast = Array.from({ length: last }, (_, o) => {
        let sum = 0;
        for (let c = 0; c < N_OUT; c++) {
          sum += at(d_outputs, (net * N_OUT + c) * rows + r) * at(parameters, weightOut + c * last + o);
        }
        return sum * derivativeOf(at(hiddens, (firstLast + net * last + o) * rows + r));
      });
      for (let k = 0; k < middle; k++) {
        const place = (net * middle + k) * rows + r;
        const d = dLast.reduce((sum, d, o) => sum + d * at(parameters, weightLast + o * middle + k), 0);
        if (!flags.FIRST) {
          hiddens[place] = derivativeOf(at(hiddens, place)) * d;
          continue;
        }
        let a = at(parameters, start + roundUp(HIDDEN_0 * N_INPUT, 4) + k);
        for (let i = 0; i < N_INPUT; i++) {
          const x = at(conditions, (Math.floor(net / N_NETS) * N_INPUT + i) * rows + r);
          a += at(parameters, start + k * N_INPUT + i) * x;
        }
        d_first[place] = derivativeOf(a) * d;
      }
    }
  }
};

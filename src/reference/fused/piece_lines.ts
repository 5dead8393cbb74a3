import type { Twin } from '../../plan/kernel.ts';
import type { pieceLinesKernel } from '../../kernels/fused/piece_lines.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { kinkOf } from '../maths/pieces.ts';

export const pieceLines: Twin<typeof pieceLinesKernel> = ({ params, constants, sizes, buffers }) => {
  const { parameters, lines } = buffers;
  const { N_NETS, HIDDEN_0, HIDDEN_1 } = sizes;
  const upperWidth = roundUp(HIDDEN_1, 4);
  const derivativeBefore = activate(constants.ACTIVATION, -1).derivative;
  for (let net = 0; net < params.n_nets; net++) {
    const coupling = Math.floor(net / N_NETS);
    const start = params.net_start + coupling * params.coupling_stride + (net % N_NETS) * params.net_stride;
    const bias0 = start + roundUp(HIDDEN_0, 4);
    const weight1 = bias0 + roundUp(HIDDEN_0, 4);
    const bias1 = weight1 + roundUp(HIDDEN_1 * HIDDEN_0, 4);
    const units = Array.from({ length: HIDDEN_0 }, (_, k) => {
      const [weight, bias] = [at(parameters, start + k), at(parameters, bias0 + k)];
      return { k, weight, bias, isRising: weight >= 0, kink: kinkOf(weight, bias) };
    }).sort((a, b) => a.kink - b.kink || Number(a.isRising) - Number(b.isRising) || a.k - b.k);
    for (let piece = 0; piece <= HIDDEN_0; piece++) {
      // The last quad of units is padded with its last unit.
      for (let column = 0; column < upperWidth; column++) {
        const o = Math.min(column, HIDDEN_1 - 1);
        let slope = 0;
        let intercept = at(parameters, bias1 + o);
        units.forEach(({ k, weight, bias, isRising }, rank) => {
          const unitDerivative = rank < piece === isRising ? 1 : derivativeBefore;
          slope += at(parameters, weight1 + o * HIDDEN_0 + k) * unitDerivative * weight;
          intercept += at(parameters, weight1 + o * HIDDEN_0 + k) * unitDerivative * bias;
        });
        const quad = (net * (HIDDEN_0 + 1) + piece) * upperWidth + column - (column % 4);
        lines[2 * quad + (column % 4)] = slope;
        lines[2 * quad + 4 + (column % 4)] = intercept;
      }
    }
  }
};

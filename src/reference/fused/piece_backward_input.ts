import type { Twin } from '../../plan/kernel.ts';
import type { pieceBackwardInputKernel } from '../../kernels/fused/piece_backward_input.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { isAboveKink, lineOf } from '../maths/pieces.ts';

export const pieceBackwardInput: Twin<typeof pieceBackwardInputKernel> = ({
  params,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, lines, conditions, d_outputs, d_state, d_units } = buffers;
  const { N_NETS, N_OUT, HIDDEN_0, HIDDEN_1 } = sizes;
  const upperWidth = roundUp(HIDDEN_1, 4);
  const rows = 4 * params.n_quads;
  for (let r = 0; r < rows; r++) {
    const x = at(conditions, r);
    const place = params.condition_start * rows + r;
    for (let net = 0; net < N_NETS; net++) {
      const start = params.net_start + net * params.net_stride;
      const bias0 = start + roundUp(HIDDEN_0, 4);
      const weightOut = bias0 + roundUp(HIDDEN_0, 4) + roundUp(HIDDEN_1 * HIDDEN_0, 4) + upperWidth;
      let piece = 0;
      for (let k = 0; k < HIDDEN_0; k++) {
        if (isAboveKink(x, at(parameters, start + k), at(parameters, bias0 + k))) piece++;
      }
      for (let o = 0; o < HIDDEN_1; o++) {
        const [slope, intercept] = lineOf(sizes, lines, net, piece, o);
        let d = 0;
        for (let c = 0; c < N_OUT; c++) {
          d += at(d_outputs, (net * N_OUT + c) * rows + r) * at(parameters, weightOut + c * HIDDEN_1 + o);
        }
        d *= activate(constants.ACTIVATION, slope * x + intercept).derivative;
        d_units[(net * rows + r) * upperWidth + o] = d;
        d_state[place] = at(d_state, place) + d * slope;
      }
    }
  }
};

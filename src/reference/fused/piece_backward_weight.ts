import type { Twin } from '../../plan/kernel.ts';
import type { pieceBackwardWeightKernel } from '../../kernels/fused/piece_backward_weight.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { isAboveKink } from '../maths/pieces.ts';

export const pieceBackwardWeight: Twin<typeof pieceBackwardWeightKernel> = ({
  params,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, conditions, pieces, sums, gradients } = buffers;
  const { N_NETS, HIDDEN_0, HIDDEN_1 } = sizes;
  const rows = params.n_rows;
  const upperWidth = roundUp(HIDDEN_1, 4);
  const derivativeBefore = activate(constants.ACTIVATION, -1).derivative;
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let net = 0; net < params.n_nets; net++) {
    const coupling = Math.floor(net / N_NETS);
    const start = params.net_start + coupling * params.coupling_stride + (net % N_NETS) * params.net_stride;
    const bias0 = start + roundUp(HIDDEN_0, 4);
    const weight1 = bias0 + roundUp(HIDDEN_0, 4);
    for (let k = 0; k < HIDDEN_0; k++) {
      const weight = at(parameters, start + k);
      const bias = at(parameters, bias0 + k);
      const [below, above] = weight >= 0 ? [derivativeBefore, 1] : [1, derivativeBefore];
      let pieceBelow = HIDDEN_0;
      for (let r = 0; r < rows; r++) {
        if (!isAboveKink(at(conditions, coupling * rows + r), weight, bias)) continue;
        pieceBelow = Math.min(pieceBelow, at(pieces, net * rows + r) - 1);
      }
      const sumOf = (which: number, o: number): number => {
        const sumUpTo = (piece: number): number =>
          at(sums, ((net * (HIDDEN_0 + 1) + piece) * 2 + which) * upperWidth + o);
        return below * sumUpTo(pieceBelow) + above * (sumUpTo(HIDDEN_0) - sumUpTo(pieceBelow));
      };
      for (let o = 0; o < HIDDEN_1; o++) {
        const [p, q] = [sumOf(0, o), sumOf(1, o)];
        const place = weight1 + o * HIDDEN_0 + k;
        add(place, weight * q + bias * p);
        add(bias0 + k, at(parameters, place) * p);
        add(start + k, at(parameters, place) * q);
      }
    }
  }
};

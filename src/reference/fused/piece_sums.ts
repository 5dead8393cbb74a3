import type { Twin } from '../../plan/kernel.ts';
import type { pieceSumsKernel } from '../../kernels/fused/piece_sums.ts';
import { roundUp } from '../../plan/shape.ts';
import { activate } from '../maths/activation.ts';
import { at } from '../maths/at.ts';
import { lineOf } from '../maths/pieces.ts';

export const pieceSums: Twin<typeof pieceSumsKernel> = ({ params, flags, constants, sizes, buffers }) => {
  const { parameters, conditions, d_outputs, lines, order, ends, sums, gradients, d_units } = buffers;
  const { N_OUT, N_NETS, HIDDEN_0, HIDDEN_1 } = sizes;
  const rows = params.n_rows;
  const pieces = HIDDEN_0 + 1;
  const upperWidth = roundUp(HIDDEN_1, 4);
  const add = (place: number, value: number): void => {
    gradients[place] = at(gradients, place) + value;
  };
  for (let net = 0; net < params.n_nets; net++) {
    const coupling = Math.floor(net / N_NETS);
    const start = params.net_start + coupling * params.coupling_stride + (net % N_NETS) * params.net_stride;
    const bias1 = start + 2 * roundUp(HIDDEN_0, 4) + roundUp(HIDDEN_1 * HIDDEN_0, 4);
    const weightOut = bias1 + roundUp(HIDDEN_1, 4);
    const biasOut = weightOut + roundUp(N_OUT * HIDDEN_1, 4);
    const dOut = (c: number, r: number): number => at(d_outputs, (net * N_OUT + c) * rows + r);
    for (let c = 0; c < N_OUT; c++) {
      for (let r = 0; r < rows; r++) add(biasOut + c, dOut(c, r));
    }
    // The last quad of units is padded with its last unit.
    for (let column = 0; column < upperWidth; column++) {
      const o = Math.min(column, HIDDEN_1 - 1);
      let sum = 0;
      let sumX = 0;
      let place = 0;
      for (let piece = 0; piece < pieces; piece++) {
        const [slope, intercept] = lineOf(sizes, lines, net, piece, column);
        for (; place < at(ends, net * pieces + piece); place++) {
          const r = at(order, net * rows + place);
          const x = at(conditions, coupling * rows + r);
          const unit = activate(constants.ACTIVATION, slope * x + intercept);
          let dUnit = 0;
          for (let c = 0; c < N_OUT; c++) {
            if (flags.PULLS) dUnit += dOut(c, r) * at(parameters, weightOut + c * HIDDEN_1 + o);
            if (column === o) add(weightOut + c * HIDDEN_1 + o, dOut(c, r) * unit.value);
          }
          const d1 = flags.GIVEN
            ? at(d_units, (net * rows + r) * upperWidth + column)
            : dUnit * unit.derivative;
          sum += d1;
          sumX += d1 * x;
        }
        sums[(net * pieces + piece) * 2 * upperWidth + column] = sum;
        sums[((net * pieces + piece) * 2 + 1) * upperWidth + column] = sumX;
      }
      if (column === o) add(bias1 + o, sum);
    }
  }
};

import type { Twin } from '../../plan/kernel.ts';
import type { pieceOrderKernel } from '../../kernels/fused/piece_order.ts';
import { roundUp } from '../../plan/shape.ts';
import { at } from '../maths/at.ts';
import { isAboveKink } from '../maths/pieces.ts';

export const pieceOrder: Twin<typeof pieceOrderKernel> = ({ params, sizes, buffers }) => {
  const { parameters, conditions, pieces, order, ends } = buffers;
  const { N_NETS, HIDDEN_0 } = sizes;
  const rows = 4 * params.n_quads;
  for (let net = 0; net < params.n_nets; net++) {
    const coupling = Math.floor(net / N_NETS);
    const start = params.net_start + coupling * params.coupling_stride + (net % N_NETS) * params.net_stride;
    const bias0 = start + roundUp(HIDDEN_0, 4);
    const units = Array.from({ length: HIDDEN_0 }, (_, k) => k);
    const pieceOf = Uint32Array.from({ length: rows }, (_, r) => {
      const x = at(conditions, coupling * rows + r);
      return units.filter((k) => isAboveKink(x, at(parameters, start + k), at(parameters, bias0 + k))).length;
    });
    const sorted = pieceOf.map((_, r) => r).sort((a, b) => at(pieceOf, a) - at(pieceOf, b) || a - b);
    pieces.set(pieceOf, net * rows);
    order.set(sorted, net * rows);
    for (let piece = 0; piece <= HIDDEN_0; piece++) {
      ends[net * (HIDDEN_0 + 1) + piece] = pieceOf.filter((other) => other <= piece).length;
    }
  }
};

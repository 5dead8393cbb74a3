import type { Twin } from '../../plan/kernel.ts';
import type { pieceForwardKernel } from '../../kernels/fused/piece_forward.ts';
import { at } from '../maths/at.ts';
import { pieceOutput } from '../maths/pieces.ts';

export const pieceForward: Twin<typeof pieceForwardKernel> = ({ params, constants, sizes, buffers }) => {
  const { parameters, lines, state, conditions, outputs } = buffers;
  const rows = 4 * params.n_quads;
  for (let r = 0; r < rows; r++) {
    const x = at(state, params.condition_start * rows + r);
    const { value } = pieceOutput(sizes, params, constants.ACTIVATION, parameters, lines, 0, x);
    conditions[r] = x;
    value.forEach((output, o) => {
      outputs[o * rows + r] = output;
    });
  }
};

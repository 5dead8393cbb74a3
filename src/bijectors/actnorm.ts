/** z = (x + b) ⊙ exp(log_scale): Glow's normalisation, which starts from data. */
import { diagonalBackward } from '../kernels/elementwise/diagonal_backward.ts';
import { diagonalForward } from '../kernels/elementwise/diagonal_forward.ts';
import { diagonalInverse } from '../kernels/elementwise/diagonal_inverse.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

const BUFFERS = { parameters: PARAMETERS, state: STATE };

export const actnormSteps: BijectorSteps<BijectorSlots & { type: 'actnorm' }> = {
  preservesVolume: false,

  forward(plan, { bias, logScale }, { rows, accumulate }) {
    plan.add(diagonalForward({ rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  inverse(plan, { bias, logScale }, { rows, accumulate }) {
    plan.add(diagonalInverse({ rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  backward(plan, { bias, logScale }, { rows, validRows, dLogDet }) {
    plan.add(
      diagonalBackward({
        rows,
        validRows,
        bias,
        logScale,
        dLogDet,
        ...BUFFERS,
        dState: D_STATE,
        gradients: GRADIENTS,
      }),
    );
  },
};

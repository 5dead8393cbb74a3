/** z = x ⊙ exp(log_scale), one learned scale a feature. */
import { diagonalBackward } from '../kernels/elementwise/diagonal_backward.ts';
import { diagonalForward } from '../kernels/elementwise/diagonal_forward.ts';
import { diagonalInverse } from '../kernels/elementwise/diagonal_inverse.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

const BUFFERS = { parameters: PARAMETERS, state: STATE };

export const diagonalScaleSteps: BijectorSteps<BijectorSlots & { type: 'diagonal_scale' }> = {
  preservesVolume: false,

  forward(plan, { logScale }, { rows, accumulate }) {
    plan.add(diagonalForward({ rows, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  inverse(plan, { logScale }, { rows, accumulate }) {
    plan.add(diagonalInverse({ rows, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  backward(plan, { logScale }, { rows, validRows, dLogDet }) {
    plan.add(
      diagonalBackward({
        rows,
        validRows,
        logScale,
        dLogDet,
        ...BUFFERS,
        dState: D_STATE,
        gradients: GRADIENTS,
      }),
    );
  },
};

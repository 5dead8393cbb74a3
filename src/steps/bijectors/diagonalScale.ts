/** z = x ⊙ exp(log_scale), one learned scale a feature. */
import { diagonalBackward } from '../../kernels/diagonal_backward.ts';
import { diagonalForward } from '../../kernels/diagonal_forward.ts';
import { diagonalInverse } from '../../kernels/diagonal_inverse.ts';
import type { BijectorSlots } from '../../paramLayout.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../names.ts';
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

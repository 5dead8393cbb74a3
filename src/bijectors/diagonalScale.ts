/** z = x ⊙ exp(log_scale), one learned scale a feature. */
import { diagonalScaleBackward } from '../kernels/elementwise/diagonal_scale_backward.ts';
import { diagonalScale } from '../kernels/elementwise/diagonal_scale.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

const BUFFERS = { parameters: PARAMETERS, state: STATE };

export const diagonalScaleSteps: BijectorSteps<BijectorSlots & { type: 'diagonal_scale' }> = {
  preservesVolume: false,

  forward(plan, { logScale }, { rows, accumulate }) {
    plan.add(diagonalScale({ inverse: false, rows, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  inverse(plan, { logScale }, { rows, accumulate }) {
    plan.add(diagonalScale({ inverse: true, rows, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  backward(plan, { logScale }, { rows, validRows, dLogDet }) {
    plan.add(
      diagonalScaleBackward({
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

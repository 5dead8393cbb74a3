/** z = (x + b) ⊙ exp(log_scale): Glow's normalisation, which starts from data. */
import { diagonalScaleBackward } from '../kernels/elementwise/diagonal_scale_backward.ts';
import { diagonalScale } from '../kernels/elementwise/diagonal_scale.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

const BUFFERS = { parameters: PARAMETERS, state: STATE };

export const actnormSteps: BijectorSteps<BijectorSlots & { type: 'actnorm' }> = {
  preservesVolume: false,

  forward(plan, { bias, logScale }, { rows, accumulate }) {
    plan.add(
      diagonalScale({ inverse: false, rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }),
    );
  },

  inverse(plan, { bias, logScale }, { rows, accumulate }) {
    plan.add(diagonalScale({ inverse: true, rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  backward(plan, { bias, logScale }, { rows, validRows, dLogDet }) {
    plan.add(
      diagonalScaleBackward({
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

/** z = (x + b) ⊙ exp(log_scale): Glow's normalisation, which starts from data. */
import { diagonalBackward } from '../../kernels/diagonal_backward.ts';
import { diagonalForward } from '../../kernels/diagonal_forward.ts';
import { diagonalInverse } from '../../kernels/diagonal_inverse.ts';
import type { BijectorSlots } from '../../paramLayout.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../names.ts';
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

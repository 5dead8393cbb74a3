/** z = (x − mean) / std, the first bijector where there is one, but for a map of domains. */
import { standardizeForward } from '../kernels/elementwise/standardize_forward.ts';
import { standardizeInverse } from '../kernels/elementwise/standardize_inverse.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

const BUFFERS = { parameters: PARAMETERS, state: STATE, logDet: LOG_DET };

export const standardizeSteps: BijectorSteps<BijectorSlots & { type: 'standardize' }> = {
  preservesVolume: false,

  forward(plan, { mean, std }, { rows, accumulate }) {
    plan.add(standardizeForward({ rows, mean, std, accumulate, ...BUFFERS }));
  },

  inverse(plan, { mean, std }, { rows, accumulate }) {
    plan.add(standardizeInverse({ rows, mean, std, accumulate, ...BUFFERS }));
  },

  backward() {
    // Nothing before it is trained, nor is it, so its gradient is never asked for.
  },
};

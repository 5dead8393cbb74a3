/** z = (x − mean) / std, the first bijector where there is one, but for a map of domains. */
import { standardize } from '../kernels/elementwise/standardize.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

const BUFFERS = { parameters: PARAMETERS, state: STATE, logDet: LOG_DET };

export const standardizeSteps: BijectorSteps<BijectorSlots & { type: 'standardize' }> = {
  preservesVolume: false,

  forward(plan, { mean, std }, { rows, accumulate }) {
    plan.add(standardize({ inverse: false, rows, mean, std, accumulate, ...BUFFERS }));
  },

  inverse(plan, { mean, std }, { rows, accumulate }) {
    plan.add(standardize({ inverse: true, rows, mean, std, accumulate, ...BUFFERS }));
  },

  backward() {
    // Nothing before it is trained, nor is it, so its gradient is never asked for.
  },
};

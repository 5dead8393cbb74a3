/** z[j] = x[π(j)] or −x[π(j)], with a permutation and signs that are stored and never trained. */
import { permutation as permute } from '../kernels/linear/permutation.ts';
import type { PermutationArguments } from '../kernels/linear/permutation.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { D_STATE, PARAMETERS, SCRATCH, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

type Slots = BijectorSlots & { type: 'permutation' };

export const permutationSteps: BijectorSteps<Slots> = {
  preservesVolume: true,

  forward(plan, slots, { rows }) {
    plan.add(permute({ inverse: false, ...argumentsOf(plan, slots, rows, STATE) }));
  },

  inverse(plan, slots, { rows }) {
    plan.add(permute({ inverse: true, ...argumentsOf(plan, slots, rows, STATE) }));
  },

  backward(plan, slots, { rows }) {
    for (const buffer of [STATE, D_STATE]) {
      plan.add(permute({ inverse: true, ...argumentsOf(plan, slots, rows, buffer) }));
    }
  },
};

function argumentsOf(
  plan: PlanBuilder,
  { permutation, signs }: Slots,
  rows: number,
  state: string,
): Omit<PermutationArguments, 'inverse'> {
  const scratch = plan.buffer(SCRATCH, permutation.length * rows);
  return { rows, permutation, signs, parameters: PARAMETERS, state, scratch };
}

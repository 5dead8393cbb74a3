/** z₂ = x₂ ⊙ exp(s(x₁)) + t(x₁) or (x₂ + t(x₁)) ⊙ exp(s(x₁)), z₁ = x₁. */
import { couplingBackward } from '../kernels/coupling/coupling_backward.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { couplingBlocks } from '../model/blocks.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import { couplingMap } from './coupling.ts';
import type { AffineCoupling } from './coupling.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

type Slots = BijectorSlots & { type: 'affine_coupling' };

export const affineCouplingSteps: BijectorSteps<Slots> = {
  preservesVolume: false,

  forward(plan, slots, { keepSlopes, ...pass }) {
    couplingMap(plan, couplingOf(pass.dim, slots), { ...pass, inverse: false, keep: keepSlopes });
  },

  inverse(plan, slots, pass) {
    couplingMap(plan, couplingOf(pass.dim, slots), { ...pass, inverse: true, keep: false });
  },

  backward(plan, slots, { netsHaveRun, ...pass }) {
    const coupling = couplingOf(pass.dim, slots);
    const { spec, blocks } = coupling;
    const { rows, validRows, dLogDet, activations } = pass;
    if (!netsHaveRun) conditionerForward(plan, coupling, { ...pass, keepSlopes: true });
    plan.add(
      couplingBackward({
        rows,
        validRows,
        blocks,
        scale: spec.scale,
        shiftFirst: spec.shiftFirst,
        dLogDet,
        conditionerOutput: activations.output,
        state: STATE,
        dState: D_STATE,
        dConditionerOutput: plan.buffer(D_CONDITIONER_OUTPUT, 2 * blocks.transformCount * rows),
      }),
    );
    conditionerBackward(plan, coupling, pass);
  },
};

function couplingOf(dim: number, slots: Slots): AffineCoupling {
  return { spec: slots.spec, blocks: couplingBlocks(dim, slots.spec), nets: slots.nets };
}

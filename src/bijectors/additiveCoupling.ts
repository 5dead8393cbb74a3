/** z₂ = x₂ + t(x₁), z₁ = x₁. */
import type { Dispatch } from '../plan/kernel.ts';
import { couplingShift } from '../kernels/coupling/coupling_shift.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import { couplingBlocks } from '../model/blocks.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import type { Coupling } from '../nets/conditioner.ts';
import { D_STATE, STATE } from '../plan/names.ts';
import type { BijectorSteps, Pass } from './bijector.ts';

type Slots = BijectorSlots & { type: 'additive_coupling' };

export const additiveCouplingSteps: BijectorSteps<Slots> = {
  preservesVolume: true,

  forward(plan, slots, pass) {
    const coupling = couplingOf(pass.dim, slots);
    conditionerForward(plan, coupling, pass);
    plan.add(shiftOf(coupling, pass, 1));
  },

  inverse(plan, slots, pass) {
    const coupling = couplingOf(pass.dim, slots);
    conditionerForward(plan, coupling, { ...pass, keepSlopes: false });
    plan.add(shiftOf(coupling, pass, -1));
  },

  backward(plan, slots, { netsHaveRun, ...pass }) {
    const coupling = couplingOf(pass.dim, slots);
    if (!netsHaveRun) conditionerForward(plan, coupling, { ...pass, keepSlopes: true });
    plan.add(shiftOf(coupling, pass, -1));
    // Both d_t and d_x₂ are d_z₂, so it stays where it is.
    conditionerBackward(plan, coupling, pass, { buffer: D_STATE, start: coupling.blocks.transformStart });
  },
};

function couplingOf(dim: number, slots: Slots): Coupling {
  return { spec: slots.spec, blocks: couplingBlocks(dim, slots.spec), nets: slots.nets };
}

function shiftOf({ blocks }: Coupling, { rows, activations }: Pass, sign: 1 | -1): Dispatch {
  return couplingShift({ rows, blocks, sign, conditionerOutput: activations.output, state: STATE });
}

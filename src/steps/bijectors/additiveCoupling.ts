/** z₂ = x₂ + t(x₁), z₁ = x₁. */
import type { Dispatch } from '../../kernel.ts';
import { couplingShift } from '../../kernels/coupling_shift.ts';
import { couplingShiftBackward } from '../../kernels/coupling_shift_backward.ts';
import type { BijectorSlots } from '../../paramLayout.ts';
import { couplingBlocks } from '../../spec.ts';
import type { AdditiveCouplingSpec } from '../../spec.ts';
import { conditionerBackward, conditionerForward } from '../conditioner.ts';
import type { Coupling } from '../conditioner.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, STATE } from '../names.ts';
import type { BijectorSteps, Pass } from './bijector.ts';

interface AdditiveCoupling extends Coupling {
  spec: AdditiveCouplingSpec;
}

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
    const { spec, blocks } = coupling;
    if (spec.shiftBound === undefined) {
      plan.add(shiftOf(coupling, pass, -1));
      // Both d_t and d_x₂ are d_z₂, so it stays where it is.
      conditionerBackward(plan, coupling, pass, { buffer: D_STATE, start: blocks.transformStart });
      return;
    }
    const { rows, activations } = pass;
    plan.add(
      couplingShiftBackward({
        rows,
        blocks,
        shiftBound: spec.shiftBound,
        conditionerOutput: activations.output,
        state: STATE,
        dState: D_STATE,
        dConditionerOutput: plan.buffer(D_CONDITIONER_OUTPUT, blocks.transformCount * rows),
      }),
    );
    conditionerBackward(plan, coupling, pass);
  },
};

function couplingOf(dim: number, slots: Slots): AdditiveCoupling {
  return { spec: slots.spec, blocks: couplingBlocks(dim, slots.spec), nets: slots.nets };
}

function shiftOf({ spec, blocks }: AdditiveCoupling, { rows, activations }: Pass, sign: 1 | -1): Dispatch {
  const { shiftBound } = spec;
  return couplingShift({
    rows,
    blocks,
    sign,
    shiftBound,
    conditionerOutput: activations.output,
    state: STATE,
  });
}

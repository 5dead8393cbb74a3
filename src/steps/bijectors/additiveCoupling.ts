/** z₂ = x₂ + t(x₁), z₁ = x₁. */
import { couplingShift } from '../../kernels/coupling_shift.ts';
import type { BijectorSlots } from '../../paramLayout.ts';
import { couplingBlocks } from '../../spec.ts';
import { conditionerBackward, conditionerForward } from '../conditioner.ts';
import type { Coupling } from '../conditioner.ts';
import { CONDITIONER_OUTPUT, D_STATE, STATE } from '../names.ts';
import type { BijectorSteps } from './bijector.ts';

type Slots = BijectorSlots & { type: 'additive_coupling' };

const BUFFERS = { conditionerOutput: CONDITIONER_OUTPUT, state: STATE };

export const additiveCouplingSteps: BijectorSteps<Slots> = {
  preservesVolume: true,

  forward(plan, slots, { dim, rows, keepSlopes }) {
    const coupling = couplingOf(dim, slots);
    conditionerForward(plan, coupling, rows, { keepSlopes });
    plan.add(couplingShift({ rows, blocks: coupling.blocks, sign: 1, ...BUFFERS }));
  },

  inverse(plan, slots, { dim, rows }) {
    const coupling = couplingOf(dim, slots);
    conditionerForward(plan, coupling, rows, { keepSlopes: false });
    plan.add(couplingShift({ rows, blocks: coupling.blocks, sign: -1, ...BUFFERS }));
  },

  backward(plan, slots, { dim, rows, netsHaveRun }) {
    const coupling = couplingOf(dim, slots);
    const { blocks } = coupling;
    if (!netsHaveRun) conditionerForward(plan, coupling, rows, { keepSlopes: true });
    plan.add(couplingShift({ rows, blocks, sign: -1, ...BUFFERS }));
    // Both d_t and d_x₂ are d_z₂, so it stays where it is.
    conditionerBackward(plan, coupling, rows, { buffer: D_STATE, start: blocks.transformStart });
  },
};

function couplingOf(dim: number, slots: Slots): Coupling {
  return { spec: slots.spec, blocks: couplingBlocks(dim, slots.spec), nets: slots.nets };
}

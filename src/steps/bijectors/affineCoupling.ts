/** z₂ = x₂ ⊙ exp(s(x₁)) + t(x₁), z₁ = x₁. */
import { couplingBackward } from '../../kernels/coupling_backward.ts';
import { couplingForward } from '../../kernels/coupling_forward.ts';
import { couplingInverse } from '../../kernels/coupling_inverse.ts';
import { logDetReduce } from '../../kernels/log_det_reduce.ts';
import type { BijectorSlots } from '../../paramLayout.ts';
import type { PlanBuilder } from '../../plan.ts';
import { couplingBlocks } from '../../spec.ts';
import type { AffineCouplingSpec } from '../../spec.ts';
import { conditionerBackward, conditionerForward } from '../conditioner.ts';
import type { Coupling } from '../conditioner.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, LOG_DET, LOG_SCALE, STATE } from '../names.ts';
import type { BijectorSteps, MapPass, Pass } from './bijector.ts';

type Slots = BijectorSlots & { type: 'affine_coupling' };

export const affineCouplingSteps: BijectorSteps<Slots> = {
  preservesVolume: false,

  forward(plan, slots, pass) {
    const coupling = couplingOf(pass.dim, slots);
    conditionerForward(plan, coupling, pass);
    plan.add(couplingForward(transformOf(plan, coupling, pass)));
    addLogDet(plan, coupling, pass, 1);
  },

  inverse(plan, slots, pass) {
    const coupling = couplingOf(pass.dim, slots);
    conditionerForward(plan, coupling, { ...pass, keepSlopes: false });
    plan.add(couplingInverse(transformOf(plan, coupling, pass)));
    addLogDet(plan, coupling, pass, -1);
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

type AffineCoupling = Coupling & { spec: AffineCouplingSpec };

function couplingOf(dim: number, slots: Slots): AffineCoupling {
  return { spec: slots.spec, blocks: couplingBlocks(dim, slots.spec), nets: slots.nets };
}

function transformOf(
  plan: PlanBuilder,
  { spec, blocks }: AffineCoupling,
  { rows, activations }: Pass,
): Parameters<typeof couplingForward>[0] {
  return {
    rows,
    blocks,
    scale: spec.scale,
    conditionerOutput: activations.output,
    state: STATE,
    logScale: plan.buffer(LOG_SCALE, blocks.transformCount * rows),
  };
}

function addLogDet(
  plan: PlanBuilder,
  { blocks }: Coupling,
  { rows, accumulate }: MapPass,
  sign: 1 | -1,
): void {
  plan.add(
    logDetReduce({
      rows,
      features: blocks.transformCount,
      sign,
      accumulate,
      logScale: LOG_SCALE,
      logDet: LOG_DET,
    }),
  );
}

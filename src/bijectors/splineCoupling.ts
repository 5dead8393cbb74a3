/** z₂ = spline(x₂) with a monotone rational-quadratic spline that a net makes from x₁, z₁ = x₁. */
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import { splineBackward } from '../kernels/spline/spline_backward.ts';
import { rawCount, splineForward } from '../kernels/spline/spline_forward.ts';
import type { SplineArguments } from '../kernels/spline/spline_forward.ts';
import { splineInverse } from '../kernels/spline/spline_inverse.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { couplingBlocks } from '../model/blocks.ts';
import type { SplineCouplingSpec } from '../spec/spec.ts';
import { conditionerBackward, conditionerForward } from '../nets/conditioner.ts';
import type { Coupling } from '../nets/conditioner.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, LOG_DET, LOG_SCALE, STATE } from '../plan/names.ts';
import type { BijectorSteps, MapPass, Pass } from './bijector.ts';

type Slots = BijectorSlots & { type: 'rational_quadratic_coupling' };

export const splineCouplingSteps: BijectorSteps<Slots> = {
  preservesVolume: false,

  forward(plan, slots, { keptRows, ...pass }) {
    const coupling = couplingOf(pass.dim, slots);
    conditionerForward(plan, coupling, pass);
    const keptX = keptRows && plan.buffer(keptRows, coupling.blocks.transformCount * pass.rows);
    plan.add(splineForward({ ...splineOf(plan, coupling, pass), keptX }));
    addLogDet(plan, coupling, pass, 1);
  },

  inverse(plan, slots, pass) {
    const coupling = couplingOf(pass.dim, slots);
    conditionerForward(plan, coupling, { ...pass, keepSlopes: false });
    plan.add(splineInverse(splineOf(plan, coupling, pass)));
    addLogDet(plan, coupling, pass, -1);
  },

  backward(plan, slots, { netsHaveRun, keptRows, ...pass }) {
    const coupling = couplingOf(pass.dim, slots);
    const { blocks, spec } = coupling;
    const { rows, validRows, dLogDet, activations } = pass;
    const { bins, bound } = spec;
    if (!netsHaveRun) conditionerForward(plan, coupling, { ...pass, keepSlopes: true });
    const outputs = blocks.transformCount * rawCount(bins);
    plan.add(
      splineBackward({
        rows,
        validRows,
        blocks,
        bins,
        bound,
        dLogDet,
        raw: activations.output,
        keptX: keptRows,
        state: STATE,
        dState: D_STATE,
        dRaw: plan.buffer(D_CONDITIONER_OUTPUT, outputs * rows),
      }),
    );
    conditionerBackward(plan, coupling, pass);
  },
};

type SplineCoupling = Coupling & { spec: SplineCouplingSpec };

function couplingOf(dim: number, slots: Slots): SplineCoupling {
  return { spec: slots.spec, blocks: couplingBlocks(dim, slots.spec), nets: slots.nets };
}

function splineOf(
  plan: PlanBuilder,
  { spec, blocks }: SplineCoupling,
  { rows, activations }: Pass,
): SplineArguments {
  return {
    rows,
    blocks,
    bins: spec.bins,
    bound: spec.bound,
    raw: activations.output,
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
  const features = blocks.transformCount;
  plan.add(logDetReduce({ rows, features, sign, accumulate, logScale: LOG_SCALE, logDet: LOG_DET }));
}

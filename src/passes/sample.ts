/** Sampling: draws rows of the base distribution and runs the flow's inverse. */
import type { DrawArguments } from '../kernels/base/arguments.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { flowInverse } from './forward.ts';
import { stagesOf } from './stages.ts';
import type { FlowModel } from '../spec/layout.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import { LATENT, LOG_PROB, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import { addLogProb, addSample } from '../bases/base.ts';

/** Row r of seed s is the same for any split into chunks. */
export interface SampleRows extends DrawArguments {
  rows: number;
}

/** The plan of `flow.sample`: STATE receives samples x. */
export function samplePlan(model: FlowModel, options: SampleRows, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('sample');
  const rows = paddedRows(options.rows);
  if (stagesOf(model, variants, false).at(-1)?.canDraw === true) {
    flowInverse(plan, model, { rows, variants, draws: options });
    return plan.build();
  }
  drawLatent(plan, model, options, STATE);
  const { base } = model.layout;
  base.room.mean?.shift(plan, base, { rows, sign: 1, target: STATE });
  flowInverse(plan, model, { rows, variants });
  return plan.build();
}

/** The plan of `flow.sampleAndLogProb`: also LOG_PROB = log p_Z(z) − logDet of the inverse, in nats. */
export function sampleAndLogProbPlan(model: FlowModel, options: SampleRows, variants = PLAIN_VARIANTS): Plan {
  const rows = paddedRows(options.rows);
  const plan = new PlanBuilder('sample_and_log_prob');
  const stages = stagesOf(model, variants, false);
  if (stages.length === 1 && stages[0]?.canDraw === true) {
    const density = {
      latent: plan.buffer(LATENT, model.spec.dim * rows),
      logProb: plan.buffer(LOG_PROB, rows),
    };
    flowInverse(plan, model, { rows, variants, draws: { ...options, density } });
    return plan.build();
  }
  drawLatent(plan, model, options, STATE);
  drawLatent(plan, model, options, LATENT);
  const { base } = model.layout;
  base.room.mean?.shift(plan, base, { rows, sign: 1, target: STATE });
  flowInverse(plan, model, { rows, variants });
  const logProb = plan.buffer(LOG_PROB, rows);
  addLogProb(plan, base, { rows, sign: -1, state: LATENT, logDet: LOG_DET, logProb });
  base.room.mean?.shift(plan, base, { rows, sign: 1, target: LATENT });
  return plan.build();
}

function drawLatent(plan: PlanBuilder, model: FlowModel, options: SampleRows, target: string): void {
  const { rowStart, seed, temperature } = options;
  const rows = paddedRows(options.rows);
  plan.buffer(PARAMETERS, model.layout.length);
  const state = plan.buffer(target, model.spec.dim * rows);
  const { base } = model.layout;
  addSample(plan, base, { rows, rowStart, seed, temperature, state });
}

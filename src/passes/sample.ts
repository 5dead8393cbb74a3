/** Sampling: rows of the base distribution, then the flow's inverse. */
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { addLogProb, drawBase } from '../bases/base.ts';
import { shiftByBaseMean } from '../bases/baseMean.ts';
import { flowInverse } from './forward.ts';
import type { FlowModel } from '../spec/layout.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import { LATENT, PARAMETERS, STATE } from '../plan/names.ts';

export interface SampleRows {
  /** Index of the first row; row r of seed s is the same whatever the chunks. */
  rowStart: number;
  rows: number;
  seed: number;
  /** Standard deviation of a standard normal base; of others, a factor of their spread. */
  temperature: number;
}

/** The plan of `flow.sample`: STATE receives samples x. */
export function samplePlan(model: FlowModel, options: SampleRows, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('sample');
  const rows = paddedRows(options.rows);
  drawLatent(plan, model, options, STATE);
  shiftByBaseMean(plan, model, rows, 1, STATE);
  flowInverse(plan, model, { rows, variants });
  return plan.build();
}

/** The plan of `flow.sampleAndLogProb`: also LOG_PROB = log p_Z(z) − logDet of the inverse, in nats. */
export function sampleAndLogProbPlan(model: FlowModel, options: SampleRows, variants = PLAIN_VARIANTS): Plan {
  const rows = paddedRows(options.rows);
  const plan = new PlanBuilder('sample_and_log_prob');
  drawLatent(plan, model, options, STATE);
  drawLatent(plan, model, options, LATENT);
  shiftByBaseMean(plan, model, rows, 1, STATE);
  flowInverse(plan, model, { rows, variants });
  addLogProb(plan, model, { rows, sign: -1, latent: LATENT });
  shiftByBaseMean(plan, model, rows, 1, LATENT);
  return plan.build();
}

function drawLatent(plan: PlanBuilder, model: FlowModel, options: SampleRows, target: string): void {
  const { rowStart, seed, temperature } = options;
  const rows = paddedRows(options.rows);
  plan.buffer(PARAMETERS, model.layout.length);
  const state = plan.buffer(target, model.spec.dim * rows);
  drawBase(plan, model, { rows, rowStart, seed, temperature, state });
}

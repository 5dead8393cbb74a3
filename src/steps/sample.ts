/** Sampling: base_sample, then the flow's inverse. */
import { baseLogProb } from '../kernels/base_log_prob.ts';
import { baseSample } from '../kernels/base_sample.ts';
import { PlanBuilder } from '../plan.ts';
import type { Plan } from '../plan.ts';
import { paddedRows } from '../shape.ts';
import { shiftByBaseMean } from './baseMean.ts';
import { inverseOf } from './forward.ts';
import type { FlowModel } from './forward.ts';
import { PLAIN_VARIANTS } from './variants.ts';
import { LATENT, LOG_DET, LOG_PROB, STATE } from './names.ts';

export interface SampleRows {
  /** Index of the first row; row r of seed s is the same whatever the chunks. */
  rowStart: number;
  rows: number;
  seed: number;
  /** Standard deviation of the base distribution. */
  temperature: number;
}

/** The plan of `flow.sample`: STATE receives samples x. */
export function samplePlan(model: FlowModel, options: SampleRows, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('sample');
  const rows = paddedRows(options.rows);
  drawLatent(plan, model, options, STATE);
  shiftByBaseMean(plan, model, rows, 1, STATE);
  inverseOf(plan, model, rows, variants);
  return plan.build();
}

/** The plan of `flow.sampleAndLogProb`: also LOG_PROB = log p_Z(z) − logDet of the inverse, in nats. */
export function sampleAndLogProbPlan(model: FlowModel, options: SampleRows, variants = PLAIN_VARIANTS): Plan {
  const rows = paddedRows(options.rows);
  const plan = new PlanBuilder('sample_and_log_prob');
  drawLatent(plan, model, options, STATE);
  drawLatent(plan, model, options, LATENT);
  shiftByBaseMean(plan, model, rows, 1, STATE);
  inverseOf(plan, model, rows, variants);
  plan.add(
    baseLogProb({
      rows,
      features: model.spec.dim,
      sign: -1,
      state: LATENT,
      logDet: LOG_DET,
      logProb: plan.buffer(LOG_PROB, rows),
    }),
  );
  shiftByBaseMean(plan, model, rows, 1, LATENT);
  return plan.build();
}

function drawLatent(plan: PlanBuilder, { spec }: FlowModel, options: SampleRows, target: string): void {
  const { rowStart, seed, temperature } = options;
  const rows = paddedRows(options.rows);
  plan.add(
    baseSample({
      rows,
      features: spec.dim,
      rowStart,
      seed,
      temperature,
      state: plan.buffer(target, spec.dim * rows),
    }),
  );
}

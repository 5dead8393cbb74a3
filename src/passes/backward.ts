/** The backward pass of a training step, and the plans of gradients. */
import { paddedRows } from '../plan/shape.ts';
import { planFor, PlanBuilder } from '../plan/plan.ts';
import { D_STATE, LOG_DET, LOG_PROB, STATE } from '../plan/names.ts';
import { addLogProb } from '../bases/base.ts';
import type { Plan } from '../plan/plan.ts';
import { forward } from './forward.ts';
import type { BatchRows, Tape } from './forward.ts';
import { loss } from './loss.ts';
import type { FlowModel } from '../spec/layout.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';

/**
 * Pulls D_STATE back through the stages, STATE z → x, and adds to GRADIENTS. For the gradient of x alone, it also goes
 * through bijectors that training leaves out.
 */
export function backward(
  plan: PlanBuilder,
  { spec }: FlowModel,
  { rows: validRows, totalRows }: BatchRows,
  variants: KernelVariants,
  { stages }: Tape,
  isForInput = false,
): void {
  for (const { stage, ...left } of stages.toReversed()) {
    const pass = {
      dim: spec.dim,
      rows: paddedRows(validRows),
      variants,
      validRows,
      dLogDet: -1 / totalRows,
      ...left,
    };
    if (isForInput && stage.backwardInput !== undefined) stage.backwardInput(plan, pass);
    else stage.backward(plan, pass);
  }
}

/** The plan of `flow.gradients` for one chunk of a batch of `totalRows`. */
export function gradientsPlan(
  model: FlowModel,
  rows: number,
  totalRows: number,
  variants = PLAIN_VARIANTS,
): Plan {
  const plan = new PlanBuilder('gradients');
  const batch = { rows, rowStart: 0, totalRows };
  const tape = forward(plan, model, batch, variants);
  loss(plan, model, batch, tape);
  backward(plan, model, batch, variants, tape);
  return plan.build();
}

/**
 * The plan of `flow.logProbGradient`: LOG_PROB, and in D_STATE the gradient of −log p of each row, with the tiled kernels.
 */
export function logProbGradientPlan(model: FlowModel, rows: number, variants = PLAIN_VARIANTS): Plan {
  const plan = new PlanBuilder('log_prob_gradient');
  const batch = { rows, rowStart: 0, totalRows: 1 };
  const tiled = { ...variants, regime: 'tiled' as const };
  const tape = forward(plan, model, batch, tiled);
  const { base } = model.layout;
  const counts = { rows: paddedRows(rows), target: STATE };
  // The loss is finite where a bounded base has no density.
  base.room.mean?.shift(plan, base, { ...counts, sign: -1 });
  addLogProb(plan, base, {
    rows: counts.rows,
    sign: 1,
    state: STATE,
    logDet: LOG_DET,
    logProb: plan.buffer(LOG_PROB, counts.rows),
  });
  base.room.mean?.shift(plan, base, { ...counts, sign: 1 });
  loss(plan, model, batch, tape);
  backward(plan, model, batch, tiled, tape, true);
  return planFor(plan.build(), [LOG_PROB, D_STATE]);
}

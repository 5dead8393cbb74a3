/** Loss and gradient of a batch that is in the state, in memory that does not grow with depth. */

import { paddedRows } from '../plan/shape.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { declareState, stagesForward } from './forward.ts';
import type { FlowModel } from '../spec/layout.ts';
import { activationsOf, D_STATE, GRADIENTS, keptRowsName, NLL, LOG_DET, STATE } from '../plan/names.ts';
import type { Activations } from '../plan/names.ts';
import { stagesOf } from './stages.ts';
import type { Stage } from './stage.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import { addLoss } from '../bases/base.ts';

/** The rows of a batch that are in the state, and the batch they belong to. */
export interface BatchRows {
  rows: number;
  rowStart: number;
  totalRows: number;
}

/**
 * Forward, loss, backward for these rows: NLL receives −log p per row, GRADIENTS the gradient of the batch's
 * mean, added to what is there. Each coupling's input is rebuilt from its output by the inverse, so the
 * workspace holds one coupling's activations whatever the depth, unless the variants keep those of all couplings.
 */
export function lossAndGradient(
  plan: PlanBuilder,
  model: FlowModel,
  batch: BatchRows,
  variants = PLAIN_VARIANTS,
): void {
  const { spec, layout } = model;
  const { rows: validRows, rowStart, totalRows } = batch;
  const rows = paddedRows(validRows);
  const stages = stagesOf(model, variants, true);
  const lastWithNets = stages.findLast(({ hasNets }) => hasNets);
  const stores = ({ canStore }: Stage): boolean => canStore && variants.keep === 'store';
  const activations = (stage: Stage): Activations => activationsOf(stores(stage) ? stage.place : undefined);
  // The last nets have just run when the backward pass begins.
  const keeps = (stage: Stage): boolean => stores(stage) || stage === lastWithNets;
  declareState(plan, model, { rows, variants });
  stagesForward(plan, model, stages, { rows, variants, isTraining: true, keeps, activations });
  plan.buffer(GRADIENTS, layout.trainableLength);
  const { base } = layout;
  const loss = { validRows, rowStart, totalRows, dState: plan.buffer(D_STATE, spec.dim * rows) };
  const logProb = plan.buffer(NLL, rowStart + rows);
  base.base.mean?.shift(plan, base, { rows, sign: -1, target: STATE });
  addLoss(plan, base, { rows, sign: 1, state: STATE, logDet: LOG_DET, logProb, loss });
  base.base.mean?.gradient(plan, base, rows);
  base.base.mean?.shift(plan, base, { rows, sign: 1, target: STATE });
  for (const stage of stages.toReversed()) {
    stage.backward(plan, {
      dim: spec.dim,
      rows,
      variants,
      activations: activations(stage),
      validRows,
      dLogDet: -1 / totalRows,
      netsHaveRun: keeps(stage),
      keptRows: keptRowsName(stage.place),
    });
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
  lossAndGradient(plan, model, { rows, rowStart: 0, totalRows }, variants);
  return plan.build();
}

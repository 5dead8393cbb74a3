/** The loss of a training step: the mean NLL of the batch whose latent rows are in the state. */
import { addLoss } from '../bases/base.ts';
import type { BatchRows } from '../bases/base.ts';
import { baseMeanGradient, shiftByBaseMean } from '../bases/baseMean.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { GRADIENTS, STATE } from '../plan/names.ts';
import type { FlowModel } from '../spec/layout.ts';

/** NLL receives −log p of each row, D_STATE and GRADIENTS the gradients of the batch's mean. STATE stays as it is. */
export function loss(plan: PlanBuilder, model: FlowModel, batch: BatchRows): void {
  const rows = paddedRows(batch.rows);
  plan.buffer(GRADIENTS, model.layout.trainableLength);
  shiftByBaseMean(plan, model, rows, -1, STATE);
  addLoss(plan, model, batch);
  baseMeanGradient(plan, model, rows);
  shiftByBaseMean(plan, model, rows, 1, STATE);
}

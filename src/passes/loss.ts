/** The loss of a training step: the mean NLL of the batch whose latent rows are in the state. */
import { addLoss } from '../bases/base.ts';
import { D_STATE, GRADIENTS, LOG_DET, NLL, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { BatchRows, Tape } from './forward.ts';

/**
 * NLL receives −log p per row, D_STATE and GRADIENTS the gradients of the batch's mean; STATE is unchanged. The stage
 * next to the base may do all this in its own passes.
 */
export function loss(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  { rows: validRows, rowStart, totalRows }: BatchRows,
  { hasLoss }: Tape,
): void {
  const rows = paddedRows(validRows);
  const { base } = layout;
  const { mean } = base.room;
  plan.buffer(GRADIENTS, layout.trainableLength);
  if (hasLoss) return;
  const dState = plan.buffer(D_STATE, spec.dim * rows);
  const logProb = plan.buffer(NLL, rowStart + rows);
  mean?.shift(plan, base, { rows, sign: -1, target: STATE });
  const loss = { validRows, rowStart, totalRows, dState };
  addLoss(plan, base, { rows, sign: 1, state: STATE, logDet: LOG_DET, logProb, loss });
  mean?.gradient(plan, base, rows);
  mean?.shift(plan, base, { rows, sign: 1, target: STATE });
}

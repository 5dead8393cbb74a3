/** Loss and gradient of a batch that is in the state, in memory that does not grow with depth. */
import { paddedRows } from '../shape.ts';
import { PlanBuilder } from '../plan.ts';
import type { Plan } from '../plan.ts';
import { addLoss } from './base.ts';
import { baseMeanGradient, shiftByBaseMean } from './baseMean.ts';
import { stepsOf } from './bijectors/index.ts';
import { declareState, flowForward } from './forward.ts';
import { fusedBackward, fusedTrainingForward, fusedTrainingStack } from './fused.ts';
import { PLAIN_VARIANTS } from './variants.ts';
import type { FlowModel } from './forward.ts';
import type { Activations } from './names.ts';
import { activationsOf, GRADIENTS, STATE } from './names.ts';

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
  const { rows: validRows, totalRows } = batch;
  const rows = paddedRows(validRows);
  const lastWithNets = layout.bijectors.findLastIndex((slots) => 'nets' in slots);
  const stack = fusedTrainingStack(model, variants);
  const stores = variants.keep === 'store';
  const activations = (index: number): Activations => activationsOf(stores ? index : undefined);
  // The last nets have just run when the backward pass begins.
  const keeps = (index: number): boolean => stores || index === lastWithNets;
  if (stack === undefined) {
    flowForward(plan, model, { rows, variants, keeps, activations });
  } else {
    declareState(plan, model, { rows, variants });
    fusedTrainingForward(plan, model, stack, { rows, variants });
  }
  plan.buffer(GRADIENTS, layout.trainableLength);
  shiftByBaseMean(plan, model, rows, -1, STATE);
  addLoss(plan, model, batch);
  baseMeanGradient(plan, model, rows);
  shiftByBaseMean(plan, model, rows, 1, STATE);
  if (stack !== undefined) {
    fusedBackward(plan, stack, { rows, variants, validRows, dLogDet: -1 / totalRows });
    return;
  }
  for (const [index, slots] of [...layout.bijectors.entries()].toReversed()) {
    stepsOf(slots).backward(plan, slots, {
      dim: spec.dim,
      rows,
      variants,
      activations: activations(index),
      validRows,
      dLogDet: -1 / totalRows,
      netsHaveRun: keeps(index),
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

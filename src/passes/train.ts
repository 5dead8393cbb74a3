/** A whole training step: batch, forward, loss, backward, update. */
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { chunksOf, paddedRows } from '../plan/shape.ts';
import { backward } from './backward.ts';
import { batchRows } from './batch.ts';
import type { BatchSource } from './batch.ts';
import type { FlowModel } from '../spec/layout.ts';
import { STATE } from '../plan/names.ts';
import { update } from './optimize.ts';
import type { OptimizerSettings } from './optimize.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { residentTrainingRows } from './resident.ts';
import { chunkRowsOf } from './workspace.ts';
import { forward } from './forward.ts';
import { loss } from './loss.ts';

export interface TrainStepOptions {
  source: BatchSource;
  /** Rows B of a batch. */
  batch: number;
  /** Seed of the shuffle or of the fresh points. */
  seed: number;
  optimizer: OptimizerSettings;
  variants?: KernelVariants;
}

/** The plan of a training step. All steps run the same plan; STEP_STATE and the rings differ. */
export function trainPlan(model: FlowModel, options: TrainStepOptions): Plan {
  const { source, batch: totalRows, seed, optimizer, variants = PLAIN_VARIANTS } = options;
  const plan = new PlanBuilder('train_step');
  const isResident = variants.regime === 'resident' && variants.precision === 'f32';
  const most = Math.min(chunkRowsOf(model), isResident ? residentTrainingRows(model) : Infinity);
  for (const { start: rowStart, count } of chunksOf(totalRows, most)) {
    const batch = { rows: count, rowStart, totalRows };
    const rows = paddedRows(count);
    plan.buffer(STATE, model.spec.dim * rows);
    batchRows(plan, source, seed, { rows, rowStart });
    const tape = forward(plan, model, batch, variants);
    loss(plan, model, batch, tape);
    backward(plan, model, batch, variants, tape);
  }
  update(plan, model.layout, optimizer, totalRows);
  return plan.build();
}

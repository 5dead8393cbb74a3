/** One whole training step: batch, forward, loss, backward, update. */
import type { AdamSettings } from '../kernels/optimize/adam_step.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { chunksOf, paddedRows } from '../plan/shape.ts';
import { lossAndGradient } from './backward.ts';
import { batchRows } from './batch.ts';
import type { BatchSource } from './batch.ts';
import type { FlowModel } from '../spec/layout.ts';
import { STATE } from '../plan/names.ts';
import { optimize } from './optimize.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from './workspace.ts';

export interface TrainStepOptions {
  source: BatchSource;
  /** Rows B of a batch. */
  batch: number;
  /** Seed of the shuffle or of the fresh points. */
  seed: number;
  adam: AdamSettings;
  variants?: KernelVariants;
}

/** The plan of a training step. Every step runs the same plan; STEP_STATE and the rings make them differ. */
export function trainPlan(model: FlowModel, options: TrainStepOptions): Plan {
  const { source, batch, seed, adam, variants } = options;
  const plan = new PlanBuilder('train_step');
  for (const { start, count } of chunksOf(batch, chunkRowsOf(model))) {
    const rows = paddedRows(count);
    plan.buffer(STATE, model.spec.dim * rows);
    batchRows(plan, source, seed, { rows, rowStart: start });
    lossAndGradient(plan, model, { rows: count, rowStart: start, totalRows: batch }, variants);
  }
  optimize(plan, model.layout, adam, { batch });
  return plan.build();
}

/** Initialises a fresh flow from its first batch: the start of each actnorm. */
import type { TensorSlot } from '../model/tensors.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { paddedRows } from '../plan/shape.ts';
import { batchRows } from './batch.ts';
import type { BatchSource } from './batch.ts';
import { declareState } from './forward.ts';
import type { FlowModel } from '../spec/layout.ts';
import { activationsOf } from '../plan/names.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import { chunkRowsOf } from './workspace.ts';

export interface DataStartOptions {
  source: BatchSource;
  batch: number;
  seed: number;
}

/**
 * Runs the rows of the first batch, or as many as fit in a chunk, through the flow. Each actnorm gets tensors
 * that standardise its input, unless its flag says that it has started. Undefined if the flow has no actnorm.
 * The caller sets the flags of `dataStartFlags` after submitting the plan.
 */
export function dataStartPlan(
  model: FlowModel,
  { source, batch, seed }: DataStartOptions,
  variants = PLAIN_VARIANTS,
): Plan | undefined {
  const { spec, layout } = model;
  const last = layout.bijectors.findLastIndex(({ room }) => room.startFromBatch !== undefined);
  if (last < 0) return undefined;
  const validRows = Math.min(batch, chunkRowsOf(model));
  const rows = paddedRows(validRows);
  const plan = new PlanBuilder('data_start');
  declareState(plan, model, { rows, variants });
  batchRows(plan, source, seed, { rows, rowStart: 0 });
  const pass = { dim: spec.dim, rows, variants, activations: activationsOf(), keepDerivatives: false };
  layout.bijectors.slice(0, last + 1).forEach((layer, index) => {
    layer.room.startFromBatch?.add(plan, layer, { rows, validRows });
    // The log-det of these rows is unused.
    layer.room.forward(plan, layer, { ...pass, accumulate: index > 0 });
  });
  return plan.build();
}

/** One element per actnorm: 0 until it has started. */
export function dataStartFlags({ layout }: FlowModel): TensorSlot[] {
  return layout.bijectors.flatMap((layer) => layer.room.startFromBatch?.flag(layer) ?? []);
}

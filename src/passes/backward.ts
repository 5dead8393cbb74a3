/** The backward pass of a training step, and the plan of gradients. */
import { paddedRows } from '../plan/shape.ts';
import { PlanBuilder } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { forward } from './forward.ts';
import type { BatchRows, Tape } from './forward.ts';
import { loss } from './loss.ts';
import type { FlowModel } from '../spec/layout.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** Pulls D_STATE back through the stages, STATE z → x, and adds to GRADIENTS. */
export function backward(
  plan: PlanBuilder,
  { spec }: FlowModel,
  { rows: validRows, totalRows }: BatchRows,
  variants: KernelVariants,
  { stages }: Tape,
): void {
  for (const { stage, ...left } of stages.toReversed()) {
    stage.backward(plan, {
      dim: spec.dim,
      rows: paddedRows(validRows),
      variants,
      validRows,
      dLogDet: -1 / totalRows,
      ...left,
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
  const batch = { rows, rowStart: 0, totalRows };
  const tape = forward(plan, model, batch, variants);
  loss(plan, model, batch, tape);
  backward(plan, model, batch, variants, tape);
  return plan.build();
}

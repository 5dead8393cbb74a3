/** A base whose mean depends on the context, z ~ N(M c, I): what is left of z without M c is a row of N(0, I). */
import { classConditionalBackward } from '../kernels/base/class_conditional_backward.ts';
import { classConditionalShift } from '../kernels/base/class_conditional_shift.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { FlowModel } from '../spec/layout.ts';
import { CONTEXT, D_STATE, GRADIENTS, PARAMETERS } from '../plan/names.ts';

/** Adds M c to rows of N(0, I) in `target`, or takes it off again with `sign` −1; nothing for a base without M. */
export function shiftByBaseMean(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  rows: number,
  sign: 1 | -1,
  target: string,
): void {
  if (layout.base.type !== 'class_conditional') return;
  plan.add(
    classConditionalShift({
      rows,
      features: spec.dim,
      contextCount: spec.contextDim,
      mean: layout.base.mean,
      sign,
      parameters: PARAMETERS,
      context: plan.buffer(CONTEXT, spec.contextDim * rows),
      state: target,
    }),
  );
}

/** Adds the gradient of M, out of D_STATE as the loss leaves it. */
export function baseMeanGradient(plan: PlanBuilder, { spec, layout }: FlowModel, rows: number): void {
  if (layout.base.type !== 'class_conditional') return;
  plan.add(
    classConditionalBackward({
      rows,
      features: spec.dim,
      contextCount: spec.contextDim,
      mean: layout.base.mean,
      dState: D_STATE,
      context: CONTEXT,
      gradients: GRADIENTS,
    }),
  );
}

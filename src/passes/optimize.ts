/** The end of a training step: reduces loss and gradient norm, updates parameters, records the step. */
import { adamStep } from '../kernels/optimize/adam_step.ts';
import type { AdamSettings } from '../kernels/optimize/adam_step.ts';
import { reduceSum } from '../kernels/optimize/reduce_sum.ts';
import type { ReduceSumArguments } from '../kernels/optimize/reduce_sum.ts';
import { stepRecord } from '../kernels/optimize/step_record.ts';
import type { ParamLayout } from '../spec/layout.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { REDUCTION_SIZE, reductionGroups } from '../plan/shape.ts';
import { RING_SIZE } from './batch.ts';
import {
  FIRST_MOMENT,
  GRADIENT_SUM_SQUARES,
  GRADIENTS,
  NLL,
  NLL_SUM,
  PARAMETERS,
  PARTIAL_SUMS,
  SECOND_MOMENT,
  STEP_LOSSES,
  STEP_SCALARS,
  STEP_STATE,
} from '../plan/names.ts';

/** Updates the parameters with the gradients of a batch of `batch` rows; GRADIENTS are zero afterwards. */
export function update(plan: PlanBuilder, layout: ParamLayout, adam: AdamSettings, batch: number): void {
  const parameterCount = layout.trainableLength;
  for (const name of [FIRST_MOMENT, SECOND_MOMENT]) plan.buffer(name, parameterCount);
  plan.buffer(STEP_SCALARS, 3 * RING_SIZE);
  plan.buffer(STEP_LOSSES, 2 * RING_SIZE);

  total(plan, { elements: batch, input: NLL, output: NLL_SUM });
  total(plan, {
    elements: parameterCount,
    squares: true,
    input: GRADIENTS,
    output: GRADIENT_SUM_SQUARES,
  });
  plan.add(
    adamStep({
      ...adam,
      parameterCount,
      ringSize: RING_SIZE,
      stepState: STEP_STATE,
      stepScalars: STEP_SCALARS,
      gradientSumSquares: GRADIENT_SUM_SQUARES,
      nllSum: NLL_SUM,
      parameters: PARAMETERS,
      gradients: GRADIENTS,
      firstMoment: FIRST_MOMENT,
      secondMoment: SECOND_MOMENT,
    }),
    stepRecord({
      rows: batch,
      ringSize: RING_SIZE,
      nllSum: NLL_SUM,
      gradientSumSquares: GRADIENT_SUM_SQUARES,
      stepState: STEP_STATE,
      stepLosses: STEP_LOSSES,
    }),
  );
}

/** Reduces to the single element of `sum.output`, in two stages if one is not enough. */
function total(plan: PlanBuilder, sum: ReduceSumArguments): void {
  const output = plan.buffer(sum.output, 1);
  const groups = reductionGroups(sum.elements);
  if (groups === 1) {
    plan.add(reduceSum(sum));
    return;
  }
  const partials = plan.buffer(PARTIAL_SUMS, REDUCTION_SIZE);
  plan.add(reduceSum({ ...sum, output: partials }), reduceSum({ elements: groups, input: partials, output }));
}

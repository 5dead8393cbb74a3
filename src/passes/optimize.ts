/** The end of a training step: reduces loss and gradient norm, updates parameters, records the step. */
import { netsOf } from '../bijectors/bijector.ts';
import { adamStep } from '../kernels/optimize/adam_step.ts';
import type { AdamSettings } from '../kernels/optimize/adam_step.ts';
import { parameterAverage } from '../kernels/optimize/parameter_average.ts';
import { reduceSum } from '../kernels/optimize/reduce_sum.ts';
import type { ReduceSumArguments } from '../kernels/optimize/reduce_sum.ts';
import { stepRecord } from '../kernels/optimize/step_record.ts';
import type { TensorSlot } from '../model/tensors.ts';
import type { ParamLayout } from '../spec/layout.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { ceilDivide, REDUCTION_SIZE, reductionGroups } from '../plan/shape.ts';
import { RING_SIZE } from './batch.ts';
import {
  AVERAGE,
  FIRST_MOMENT,
  GRADIENTS,
  NLL,
  PARAMETERS,
  PARTIAL_SUMS,
  SECOND_MOMENT,
  STEP_LOSSES,
  STEP_SCALARS,
  STEP_STATE,
  STEP_SUMS,
} from '../plan/names.ts';

export interface OptimizerSettings extends AdamSettings {
  /** Decoupled weight decay of the nets' weights; default 0. */
  weightDecay?: number;
  /** Decay of the moving average of the parameters; 0, the default, keeps none. */
  averageDecay?: number;
}

/** Updates the parameters with the gradients of a batch of `batch` rows; GRADIENTS are zero afterwards. */
export function update(
  plan: PlanBuilder,
  layout: ParamLayout,
  { weightDecay = 0, averageDecay = 0, ...adam }: OptimizerSettings,
  batch: number,
): void {
  const parameterCount = layout.trainableLength;
  for (const name of [FIRST_MOMENT, SECOND_MOMENT]) plan.buffer(name, parameterCount);
  plan.buffer(STEP_SCALARS, 3 * RING_SIZE);
  plan.buffer(STEP_LOSSES, 2 * RING_SIZE);
  plan.buffer(STEP_SUMS, 2);

  const shared = { stepState: STEP_STATE, stepSums: STEP_SUMS };
  total(plan, { elements: batch, input: NLL, output: STEP_SUMS, outputStart: 0 });
  total(plan, {
    elements: parameterCount,
    squares: true,
    input: GRADIENTS,
    output: STEP_SUMS,
    outputStart: 1,
  });
  plan.add(
    adamStep({
      ...adam,
      ...shared,
      parameterCount,
      ringSize: RING_SIZE,
      stepScalars: STEP_SCALARS,
      parameters: PARAMETERS,
      gradients: GRADIENTS,
      firstMoment: FIRST_MOMENT,
      secondMoment: SECOND_MOMENT,
      ...(weightDecay > 0 && {
        decay: { rate: weightDecay, quads: quadBits(layout, netWeights(layout)) },
      }),
    }),
  );
  if (averageDecay > 0) {
    const average = plan.buffer(AVERAGE, layout.length);
    plan.add(
      parameterAverage({
        parameterCount,
        decay: averageDecay,
        stepState: STEP_STATE,
        parameters: PARAMETERS,
        average,
      }),
    );
  }
  plan.add(stepRecord({ ...shared, rows: batch, ringSize: RING_SIZE, stepLosses: STEP_LOSSES }));
}

/** The weights of all nets, without their biases: the tensors that weight decay shrinks. */
export function netWeights({ bijectors }: ParamLayout): TensorSlot[] {
  return bijectors.flatMap(netsOf).flatMap(({ layers }) => layers.map(({ weight }) => weight));
}

/** A bit for each quad of trainable parameters, set for the quads of these tensors; a tensor owns whole quads. */
function quadBits({ trainableLength }: ParamLayout, tensors: readonly TensorSlot[]): number[] {
  const words = new Uint32Array(Math.max(1, ceilDivide(trainableLength, 4 * 32)));
  for (const { offset, length } of tensors) {
    for (let quad = offset / 4; quad < ceilDivide(offset + length, 4); quad++) {
      words[quad >> 5] = (words[quad >> 5] ?? 0) | (1 << (quad & 31));
    }
  }
  return [...words];
}

/** Reduces to one element of `sum.output`, in two stages if one is not enough. */
function total(plan: PlanBuilder, sum: ReduceSumArguments): void {
  const groups = reductionGroups(sum.elements);
  if (groups === 1) {
    plan.add(reduceSum(sum));
    return;
  }
  const partials = plan.buffer(PARTIAL_SUMS, REDUCTION_SIZE);
  plan.add(
    reduceSum({ ...sum, output: partials, outputStart: 0 }),
    reduceSum({ ...sum, elements: groups, squares: false, input: partials }),
  );
}

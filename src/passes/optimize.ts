/** The end of a training step: reduces loss and gradient norm, updates parameters, records the step. */
import type { OptimizerName } from '../model/optimizer.ts';
import { netsOf } from '../bijectors/bijector.ts';
import { adamStep } from '../kernels/optimize/adam_step.ts';
import type { AdamSettings } from '../kernels/optimize/adam_step.ts';
import { freezeGradients } from '../kernels/optimize/freeze_gradients.ts';
import { parameterAverage } from '../kernels/optimize/parameter_average.ts';
import { reduceSum } from '../kernels/optimize/reduce_sum.ts';
import type { ReduceSumArguments } from '../kernels/optimize/reduce_sum.ts';
import { sgdStep } from '../kernels/optimize/sgd_step.ts';
import { stepRecord } from '../kernels/optimize/step_record.ts';
import type { TensorSlot } from '../model/tensors.ts';
import type { ParamLayout } from '../spec/layout.ts';
import type { Dispatch } from '../plan/kernel.ts';
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
  /** Adam, the default, or gradient descent with momentum. */
  optimizer?: OptimizerName;
  /** The share of its velocity that gradient descent keeps; default 0. */
  momentum?: number;
  /** Decoupled weight decay of the nets' weights; default 0. */
  weightDecay?: number;
  /** Decay of the moving average of the parameters; 0, the default, keeps none. */
  averageDecay?: number;
  /** Tensors that keep their values, by their names or the beginnings of them; default none. */
  freeze?: readonly string[];
}

/** Updates the parameters with the gradients of a batch of `batch` rows; GRADIENTS are zero afterwards. */
export function update(
  plan: PlanBuilder,
  layout: ParamLayout,
  settings: OptimizerSettings,
  batch: number,
): void {
  const { averageDecay = 0, freeze = [] } = settings;
  const parameterCount = layout.trainableLength;
  plan.buffer(STEP_SCALARS, 3 * RING_SIZE);
  plan.buffer(STEP_LOSSES, 2 * RING_SIZE);
  plan.buffer(STEP_SUMS, 2);

  if (freeze.length > 0) {
    const quads = quadBits(layout, trainable(frozenTensors(layout, freeze)));
    plan.add(freezeGradients({ parameterCount, quads, gradients: GRADIENTS }));
  }
  total(plan, { elements: batch, input: NLL, output: STEP_SUMS, outputStart: 0 });
  total(plan, {
    elements: parameterCount,
    squares: true,
    input: GRADIENTS,
    output: STEP_SUMS,
    outputStart: 1,
  });
  plan.add(stepOf(plan, layout, settings));
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
  plan.add(
    stepRecord({
      rows: batch,
      ringSize: RING_SIZE,
      stepSums: STEP_SUMS,
      stepState: STEP_STATE,
      stepLosses: STEP_LOSSES,
    }),
  );
}

/** The dispatch that updates the parameters. */
function stepOf(
  plan: PlanBuilder,
  layout: ParamLayout,
  { optimizer = 'adam', momentum = 0, weightDecay = 0, freeze = [], ...adam }: OptimizerSettings,
): Dispatch {
  const parameterCount = layout.trainableLength;
  const frozen = new Set(frozenTensors(layout, freeze));
  const decayed = netWeights(layout).filter((tensor) => !frozen.has(tensor));
  const common = {
    parameterCount,
    ringSize: RING_SIZE,
    stepState: STEP_STATE,
    stepScalars: STEP_SCALARS,
    stepSums: STEP_SUMS,
    parameters: PARAMETERS,
    gradients: GRADIENTS,
    ...(weightDecay > 0 && { decay: { rate: weightDecay, quads: quadBits(layout, decayed) } }),
  };
  const firstMoment = plan.buffer(FIRST_MOMENT, parameterCount);
  if (optimizer === 'sgd') {
    return sgdStep({ ...common, momentum, clipNorm: adam.clipNorm, velocity: firstMoment });
  }
  const secondMoment = plan.buffer(SECOND_MOMENT, parameterCount);
  return adamStep({ ...adam, ...common, firstMoment, secondMoment });
}

/** The weights of all nets, without their biases: the tensors that weight decay shrinks. */
export function netWeights({ bijectors }: ParamLayout): TensorSlot[] {
  return bijectors.flatMap(netsOf).flatMap(({ layers }) => layers.map(({ weight }) => weight));
}

/** The tensors whose name is one of these, or begins with one of them and a dot. */
export function frozenTensors({ tensors }: ParamLayout, names: readonly string[]): TensorSlot[] {
  return tensors.filter(({ name }) => names.some((one) => name === one || name.startsWith(`${one}.`)));
}

function trainable(tensors: readonly TensorSlot[]): TensorSlot[] {
  return tensors.filter((tensor) => tensor.trainable);
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

/** The map P L (U + diag) of the features of rows, or of the channels of images: each pixel is then a row. */
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense/dense_backward_weight.ts';
import { invertibleLinear as mapLinear } from '../kernels/linear/invertible_linear.ts';
import { invertibleLinearBackward } from '../kernels/linear/invertible_linear_backward.ts';
import { invertibleLinearWeightReduce } from '../kernels/linear/invertible_linear_weight_reduce.ts';
import type { AddTensor, DenseSlots, LinearSlots } from '../model/tensors.ts';
import {
  D_LINEAR_INNER,
  D_LINEAR_OUTER,
  D_STATE,
  GRADIENTS,
  LINEAR_INNER,
  LOG_DET,
  PARAMETERS,
  SCRATCH,
  STATE,
  WEIGHT_PARTIALS,
} from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { BackwardPass, MapPass } from './bijector.ts';

/** The tensors of a map of `size` features or channels. */
export function linearTensors(size: number, add: AddTensor): LinearSlots {
  return {
    lower: add('lower', [(size * (size - 1)) / 2], true),
    upper: add('upper', [(size * (size - 1)) / 2], true),
    logDiagonal: add('log_diagonal', [size], true),
    permutation: add('permutation', [size], false),
  };
}

export function linearMap(
  plan: PlanBuilder,
  slots: LinearSlots,
  { rows: images, accumulate }: MapPass,
  inverse: boolean,
  pixels = 1,
): void {
  const rows = images * pixels;
  const scratch = plan.buffer(SCRATCH, slots.logDiagonal.length * rows);
  const buffers = { parameters: PARAMETERS, state: STATE, scratch, logDet: LOG_DET };
  plan.add(mapLinear({ inverse, rows, pixels, slots, accumulate, ...buffers }));
}

export function linearBackward(
  plan: PlanBuilder,
  slots: LinearSlots,
  { rows: images, validRows, dLogDet }: BackwardPass,
  pixels = 1,
): void {
  const rows = images * pixels;
  const size = slots.logDiagonal.length;
  plan.add(
    invertibleLinearBackward({
      rows,
      slots,
      parameters: PARAMETERS,
      state: STATE,
      dState: D_STATE,
      inner: plan.buffer(LINEAR_INNER, size * rows),
      dOuter: plan.buffer(D_LINEAR_OUTER, size * rows),
      dInner: plan.buffer(D_LINEAR_INNER, size * rows),
    }),
  );
  // L maps `inner` and U maps x, so their gradients are matrix products as in a dense layer; half of each is used.
  for (const { triangle, dOutput, input } of [
    { triangle: 'lower', dOutput: D_LINEAR_OUTER, input: LINEAR_INNER },
    { triangle: 'upper', dOutput: D_LINEAR_INNER, input: STATE },
  ] as const) {
    const layer: DenseSlots = {
      inputs: size,
      outputs: size,
      weight: slots[triangle],
      bias: slots.logDiagonal,
    };
    const slices = rowSlices(layer);
    const partials = plan.buffer(WEIGHT_PARTIALS, slices * weightElements(layer));
    plan.add(
      denseBackwardWeight({ rows, layer, dOutput, outputStart: 0, input, inputStart: 0, partials }),
      invertibleLinearWeightReduce({
        slices,
        slots,
        triangle,
        dLogDet: validRows * pixels * dLogDet,
        partials,
        parameters: PARAMETERS,
        gradients: GRADIENTS,
      }),
    );
  }
}

/** The three products of a fully connected layer, by the kernels that the variants ask for. */
import { denseBackwardInput } from '../kernels/dense_backward_input.ts';
import type { DenseBackwardInputArguments } from '../kernels/dense_backward_input.ts';
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from '../kernels/dense_backward_weight.ts';
import { denseForward } from '../kernels/dense_forward.ts';
import type { DenseForwardArguments } from '../kernels/dense_forward.ts';
import { denseWeightReduce } from '../kernels/dense_weight_reduce.ts';
import type { PlanBuilder } from '../plan.ts';
import { GRADIENTS, WEIGHT_PARTIALS } from './names.ts';
import type { KernelVariants } from './variants.ts';

/** output = φ(W input + b). */
export function layerForward(
  plan: PlanBuilder,
  _variants: KernelVariants,
  args: DenseForwardArguments,
): void {
  plan.add(denseForward(args));
}

/** Adds the gradients of W and b to GRADIENTS. */
export function layerBackwardWeight(
  plan: PlanBuilder,
  _variants: KernelVariants,
  args: Omit<DenseBackwardWeightArguments, 'partials'>,
): void {
  const { layer } = args;
  const partials = plan.buffer(WEIGHT_PARTIALS, rowSlices(layer) * weightElements(layer));
  plan.add(
    denseBackwardWeight({ ...args, partials }),
    denseWeightReduce({ layer, partials, gradients: GRADIENTS }),
  );
}

/** The gradient of the layer's input. */
export function layerBackwardInput(
  plan: PlanBuilder,
  _variants: KernelVariants,
  args: DenseBackwardInputArguments,
): void {
  plan.add(denseBackwardInput(args));
}

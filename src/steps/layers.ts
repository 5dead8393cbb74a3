/** The three products of a fully connected layer, by the kernels that the variants ask for. */
import { denseBackwardInput } from '../kernels/dense_backward_input.ts';
import type { DenseBackwardInputArguments } from '../kernels/dense_backward_input.ts';
import { denseBackwardInputBlocked } from '../kernels/dense_backward_input_blocked.ts';
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from '../kernels/dense_backward_weight.ts';
import { blockedRowSlices, denseBackwardWeightBlocked } from '../kernels/dense_backward_weight_blocked.ts';
import { denseForward } from '../kernels/dense_forward.ts';
import type { DenseForwardArguments } from '../kernels/dense_forward.ts';
import { denseForwardBlocked } from '../kernels/dense_forward_blocked.ts';
import { denseWeightReduce } from '../kernels/dense_weight_reduce.ts';
import type { PlanBuilder } from '../plan.ts';
import { GRADIENTS, WEIGHT_PARTIALS } from './names.ts';
import type { KernelVariants } from './variants.ts';

/** output = φ(W input + b). */
export function layerForward(
  plan: PlanBuilder,
  { product }: KernelVariants,
  args: DenseForwardArguments,
): void {
  plan.add(product === 'blocked' ? denseForwardBlocked(args) : denseForward(args));
}

/** Adds the gradients of W and b to GRADIENTS. */
export function layerBackwardWeight(
  plan: PlanBuilder,
  { product }: KernelVariants,
  args: Omit<DenseBackwardWeightArguments, 'partials'>,
): void {
  const { layer, rows } = args;
  const [backwardWeight, slices] =
    product === 'blocked'
      ? [denseBackwardWeightBlocked, blockedRowSlices(rows, layer)]
      : [denseBackwardWeight, rowSlices(layer)];
  const partials = plan.buffer(WEIGHT_PARTIALS, slices * weightElements(layer));
  plan.add(
    backwardWeight({ ...args, partials }),
    denseWeightReduce({ layer, partials, slices, gradients: GRADIENTS }),
  );
}

/** The gradient of the layer's input. */
export function layerBackwardInput(
  plan: PlanBuilder,
  { product }: KernelVariants,
  args: DenseBackwardInputArguments,
): void {
  plan.add(product === 'blocked' ? denseBackwardInputBlocked(args) : denseBackwardInput(args));
}

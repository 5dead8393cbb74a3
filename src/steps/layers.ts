/** The three products of a fully connected layer, by the kernels that the variants ask for. */
import { denseBackwardInput } from '../kernels/dense_backward_input.ts';
import type { DenseBackwardInputArguments } from '../kernels/dense_backward_input.ts';
import { denseBackwardInputStreamed } from '../kernels/dense_backward_input_streamed.ts';
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from '../kernels/dense_backward_weight.ts';
import { denseBackwardWeightStreamed, hasQuadInputs } from '../kernels/dense_backward_weight_streamed.ts';
import { denseForward } from '../kernels/dense_forward.ts';
import type { DenseForwardArguments } from '../kernels/dense_forward.ts';
import { denseForwardStreamed } from '../kernels/dense_forward_streamed.ts';
import { denseWeightReduce } from '../kernels/dense_weight_reduce.ts';
import { denseWeightTranspose, transposedElements } from '../kernels/dense_weight_transpose.ts';
import type { PlanBuilder } from '../plan.ts';
import { GRADIENTS, TRANSPOSED_WEIGHT, WEIGHT_PARTIALS } from './names.ts';
import type { KernelVariants } from './variants.ts';

/** The streamed kernels hand weights from lane to lane, so they need subgroups. */
function isStreamed({ product, lanes }: KernelVariants): boolean {
  return product === 'streamed' && lanes > 1;
}

/** output = φ(W input + b). */
export function layerForward(plan: PlanBuilder, variants: KernelVariants, args: DenseForwardArguments): void {
  const { lanes } = variants;
  plan.add(isStreamed(variants) ? denseForwardStreamed({ ...args, lanes }) : denseForward(args));
}

/** Adds the gradients of W and b to GRADIENTS. */
export function layerBackwardWeight(
  plan: PlanBuilder,
  variants: KernelVariants,
  args: Omit<DenseBackwardWeightArguments, 'partials'>,
): void {
  if (isStreamed(variants) && hasQuadInputs(args.layer)) {
    plan.add(denseBackwardWeightStreamed({ ...args, gradients: GRADIENTS, lanes: variants.lanes }));
    return;
  }
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
  variants: KernelVariants,
  args: DenseBackwardInputArguments,
): void {
  if (!isStreamed(variants)) {
    plan.add(denseBackwardInput(args));
    return;
  }
  const { layer, parameters } = args;
  const transposed = plan.buffer(TRANSPOSED_WEIGHT, transposedElements(layer));
  plan.add(
    denseWeightTranspose({ layer, parameters, transposed }),
    denseBackwardInputStreamed({ ...args, transposed, lanes: variants.lanes }),
  );
}

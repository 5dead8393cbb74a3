/** The three products of a fully connected layer, with the kernels of the chosen variants. */
import { convBackwardInput } from '../kernels/conv/conv_backward_input.ts';
import { convBackwardInputBlocked } from '../kernels/conv/conv_backward_input_blocked.ts';
import { convBackwardWeight } from '../kernels/conv/conv_backward_weight.ts';
import {
  blockedImageSlices,
  convBackwardWeightBlocked,
} from '../kernels/conv/conv_backward_weight_blocked.ts';
import { convForward } from '../kernels/conv/conv_forward.ts';
import { convForwardBlocked } from '../kernels/conv/conv_forward_blocked.ts';
import type { ConvSlots } from '../kernels/conv/conv_forward.ts';
import { denseBackwardInput } from '../kernels/dense/dense_backward_input.ts';
import type { DenseBackwardInputArguments } from '../kernels/dense/dense_backward_input.ts';
import { denseBackwardInputBlocked } from '../kernels/dense/dense_backward_input_blocked.ts';
import { denseBackwardInputStreamed } from '../kernels/dense/dense_backward_input_streamed.ts';
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense/dense_backward_weight.ts';
import type { DenseBackwardWeightArguments } from '../kernels/dense/dense_backward_weight.ts';
import {
  blockedRowSlices,
  denseBackwardWeightBlocked,
} from '../kernels/dense/dense_backward_weight_blocked.ts';
import {
  denseBackwardWeightStreamed,
  hasQuadInputs,
} from '../kernels/dense/dense_backward_weight_streamed.ts';
import { denseForward } from '../kernels/dense/dense_forward.ts';
import type { DenseForwardArguments } from '../kernels/dense/dense_forward.ts';
import { denseForwardBlocked } from '../kernels/dense/dense_forward_blocked.ts';
import { denseForwardStreamed } from '../kernels/dense/dense_forward_streamed.ts';
import { denseWeightReduce } from '../kernels/dense/dense_weight_reduce.ts';
import { denseWeightTranspose, transposedElements } from '../kernels/dense/dense_weight_transpose.ts';
import type { DenseSlots } from '../model/tensors.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { GRADIENTS, LAYER_SUMS, TRANSPOSED_WEIGHT, WEIGHT_PARTIALS } from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** What a convolution needs besides: the context, and the rows of images, each of which has many pixels. */
export interface ImageArguments {
  context: string | undefined;
  imageRows: number;
}

/** output = φ(W input + b). */
export function layerForward(
  plan: PlanBuilder,
  variants: KernelVariants,
  args: DenseForwardArguments,
  image: ImageArguments,
): void {
  if (isConvolution(args.layer)) {
    const convolution = variants.product === 'blocked' ? convForwardBlocked : convForward;
    plan.add(convolution({ ...args, layer: args.layer, ...convolved(args.layer, image) }));
    return;
  }
  switch (productOf(variants)) {
    case 'streamed': {
      const { rows, layer, f16Output = false } = args;
      const sums = f16Output ? { sums: plan.buffer(LAYER_SUMS, layer.outputs * rows) } : {};
      plan.add(denseForwardStreamed({ ...args, ...sums, lanes: variants.lanes }));
      break;
    }
    case 'blocked':
      plan.add(denseForwardBlocked(args));
      break;
    case 'plain':
      plan.add(denseForward(args));
  }
}

/** Adds the gradients of W and b to GRADIENTS. */
export function layerBackwardWeight(
  plan: PlanBuilder,
  variants: KernelVariants,
  args: Omit<DenseBackwardWeightArguments, 'partials'>,
  image: ImageArguments,
): void {
  const { layer, rows } = args;
  if (isConvolution(layer)) {
    const [convolution, slices] =
      variants.product === 'blocked'
        ? [convBackwardWeightBlocked, blockedImageSlices(image.imageRows, layer)]
        : [convBackwardWeight, rowSlices(layer)];
    const partials = plan.buffer(WEIGHT_PARTIALS, slices * weightElements(layer));
    plan.add(
      convolution({ ...args, layer, partials, ...convolved(layer, image) }),
      denseWeightReduce({ layer, partials, slices, gradients: GRADIENTS }),
    );
    return;
  }
  const product = productOf(variants);
  if (product === 'streamed' && hasQuadInputs(layer)) {
    plan.add(denseBackwardWeightStreamed({ ...args, gradients: GRADIENTS, lanes: variants.lanes }));
    return;
  }
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
  variants: KernelVariants,
  args: DenseBackwardInputArguments,
  image: ImageArguments,
): void {
  if (isConvolution(args.layer)) {
    const convolution = variants.product === 'blocked' ? convBackwardInputBlocked : convBackwardInput;
    plan.add(convolution({ ...args, layer: args.layer, rows: image.imageRows }));
    return;
  }
  switch (productOf(variants)) {
    case 'streamed': {
      const { layer, parameters, f16 = false } = args;
      const transposed = plan.buffer(TRANSPOSED_WEIGHT, transposedElements(layer), f16 ? 'f16' : 'f32');
      plan.add(
        denseWeightTranspose({ layer, parameters, transposed, f16 }),
        denseBackwardInputStreamed({ ...args, transposed, lanes: variants.lanes }),
      );
      break;
    }
    case 'blocked':
      plan.add(denseBackwardInputBlocked(args));
      break;
    case 'plain':
      plan.add(denseBackwardInput(args));
  }
}

/** The streamed kernels pass weights from lane to lane, so they need subgroups. */
function productOf({ product, lanes }: KernelVariants): KernelVariants['product'] {
  return product === 'streamed' && lanes === 1 ? 'plain' : product;
}

function isConvolution(layer: DenseSlots): layer is ConvSlots {
  return layer.conv !== undefined;
}

function convolved({ conv }: ConvSlots, { context, imageRows }: ImageArguments) {
  return { rows: imageRows, ...(conv.contextCount > 0 && context !== undefined ? { context } : {}) };
}

/**
 * Glow's invertible 1 × 1 convolution: z = P L (U + diag(exp(log_diagonal))) x of the channels of each pixel, with the
 * tensors of an `invertible_linear`. The log-det is that of one pixel times the pixels. Needs 2 channels.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { pixelsOf } from '../model/image.ts';
import { firstRepeated } from '../model/tensors.ts';
import type { LinearSlots } from '../model/tensors.ts';
import { shuffled } from '../random.ts';
import { builderOf } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { imageOf, imageWords, requireImage } from './image.ts';
import { linearBackward, linearMap, linearTensors } from './linearMap.ts';

const schema = v.strictObject({ type: v.literal('conv_linear') });
/**
 * The spec of `convLinear`.
 * @interface
 */
export type ConvLinearSpec = v.InferOutput<typeof schema>;

export interface Tensors extends LinearSlots {
  pixels: number;
}

export const convLinearRoom: Bijector<ConvLinearSpec, Tensors> = {
  schema,
  defaults: () => ({}),

  check(spec, place) {
    const image = requireImage(spec, place);
    if (image[0] >= 2) return;
    throw new ShapeError(
      `${place.where}.type`,
      `conv_linear of images of ${imageWords(image)}`,
      'at least 2 channels',
      'Put a squeeze before it.',
    );
  },

  imageAfter: (image) => image,

  tensors(_, shape, add) {
    const image = imageOf(shape);
    return { ...linearTensors(image[0], add), pixels: pixelsOf(image) };
  },

  start({ tensors: { permutation } }, parameters, draws) {
    parameters.set(shuffled(permutation.length, draws.permutation), permutation.offset);
  },

  unsound: ({ tensors }, parameters) => firstRepeated(tensors.permutation, parameters),

  words: () => 'P L (U + diag) x of the channels of each pixel',
  tuningKey: ({ spec }) => spec.type,
  matrices: ({ tensors }) => [tensors.lower, tensors.upper],
  pixels: ({ tensors }) => tensors.pixels,
  movesFeatures: true,

  preservesVolume: false,

  forward: (plan, { tensors }, pass) => linearMap(plan, tensors, pass, false, tensors.pixels),
  inverse: (plan, { tensors }, pass) => linearMap(plan, tensors, pass, true, tensors.pixels),
  backward: (plan, { tensors }, pass) => linearBackward(plan, tensors, pass, tensors.pixels),
};

/**
 * Glow's invertible 1 × 1 convolution of the channels of each pixel. Needs 2 channels.
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export const convLinear = builderOf<ConvLinearSpec>('conv_linear');

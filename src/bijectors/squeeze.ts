/**
 * Squares of 2 × 2 pixels become four channels of one pixel: channel c at row 2y + i, column 2x + j becomes channel
 * 4c + 2i + j at row y, column x.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { squeeze as moveFeatures } from '../kernels/conv/squeeze.ts';
import { imageFeatures } from '../model/image.ts';
import type { ImageShape } from '../model/image.ts';
import { D_STATE, SCRATCH, STATE } from '../plan/names.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { builderOf } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { imageOf, imageWords, requireImage } from './image.ts';

const schema = v.strictObject({ type: v.literal('squeeze') });
/**
 * The spec of `squeeze`.
 * @interface
 */
export type SqueezeSpec = v.InferOutput<typeof schema>;

export interface Tensors {
  image: ImageShape;
}

export const squeezeRoom: Bijector<SqueezeSpec, Tensors> = {
  schema,
  defaults: () => ({}),

  check(spec, place) {
    const image = requireImage(spec, place);
    if (image[1] % 2 === 0 && image[2] % 2 === 0) return;
    throw new ShapeError(
      `${place.where}.type`,
      `squeeze of images of ${imageWords(image)}`,
      'an even height and width',
      'Crop or pad the images, or squeeze less often.',
    );
  },

  imageAfter,
  tensors: (_, shape) => ({ image: imageOf(shape) }),

  words: ({ tensors: { image } }) => `${imageWords(image)} → ${imageWords(imageAfter(image))}`,
  tuningKey: ({ spec }) => spec.type,
  movesFeatures: true,

  preservesVolume: true,

  forward: (plan, { tensors }, { rows }) => addMap(plan, tensors, rows, STATE, false),
  inverse: (plan, { tensors }, { rows }) => addMap(plan, tensors, rows, STATE, true),

  backward(plan, { tensors }, { rows }) {
    for (const buffer of [STATE, D_STATE]) addMap(plan, tensors, rows, buffer, true);
  },
};

/**
 * Squares of 2 × 2 pixels become four channels of one pixel.
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803, section 3.6
 */
export const squeeze = builderOf<SqueezeSpec>('squeeze');

function imageAfter([channels, height, width]: ImageShape): ImageShape {
  return [4 * channels, height / 2, width / 2];
}

function addMap(plan: PlanBuilder, { image }: Tensors, rows: number, state: string, inverse: boolean): void {
  const scratch = plan.buffer(SCRATCH, imageFeatures(image) * rows);
  plan.add(...moveFeatures({ rows, inverse, image, state, scratch }));
}

/**
 * The end of a level of a multi-scale flow: the second half of the channels leaves for the base, and the bijectors after it
 * map the first half alone. A 3 × 3 convolution of the first half predicts the mean μ and log-spread −s of the second,
 * which leaves as z₂ = (x₂ − μ) exp(s); the net computes −μ and s. A fresh flow has μ = s = 0.
 */
import * as v from 'valibot';
import { ShapeError } from '../errors.ts';
import { imageFeatures } from '../model/image.ts';
import { scaleMapSchema, scaleWords } from '../model/scaleMap.ts';
import type { ScaleMap } from '../model/scaleMap.ts';
import type { NetSpec } from '../nets/net.ts';
import { builderOf } from './bijector.ts';
import type { Bijector, Layer } from './bijector.ts';
import { imageWords, requireImage } from './image.ts';
import { affineBackward, affineForward, imageCouplingTensors } from './imageCoupling.ts';
import type { AffineMap, ImageCoupling, ImageCouplingTensors } from './imageCoupling.ts';

const schema = v.strictObject({
  type: v.literal('split'),
  /** How the net's outputs become log-scales. */
  scale: scaleMapSchema,
});
/**
 * The spec of `split`.
 * @interface
 */
export type SplitSpec = v.InferOutput<typeof schema>;

type Split = Layer<SplitSpec, ImageCouplingTensors>;

/** One layer, which starts at zero. */
const NET: NetSpec = { hidden: [], activation: 'identity', init: 'zero_last' };

export const splitRoom: Bijector<SplitSpec, ImageCouplingTensors> = {
  schema,
  defaults: () => ({ scale: { map: 'tanh', bound: 3 } }),

  check(spec, place) {
    const image = requireImage(spec, place);
    if (image[0] % 2 === 0) return;
    throw new ShapeError(
      `${place.where}.type`,
      `split of images of ${imageWords(image)}`,
      'an even number of channels',
      'Put a squeeze before it.',
    );
  },

  imageAfter: ([channels, height, width]) => [channels / 2, height, width],

  tensors(_, shape, add) {
    // The net reads no context.
    const own = { ...shape, contextDim: 0 };
    return imageCouplingTensors({ mask: 'channel', flip: false, conditioner: NET }, 2, own, add);
  },

  words({ spec, tensors: { image } }) {
    const leaving = imageFeatures(image) / 2;
    return `the last ${leaving} of ${imageWords(image)} leave, normalised given the others; ${scaleWords(spec.scale)}`;
  },

  tuningKey: ({ spec, tensors }) => `split ${imageWords(tensors.image)} ${spec.scale.map}`,
  width: ({ tensors }) => 2 * tensors.blocks.transformCount,

  preservesVolume: false,

  forward(plan, layer, { keepDerivatives: keep, ...pass }) {
    affineForward(plan, couplingOf(layer), mapOf(layer.spec), { ...pass, inverse: false, keep });
  },
  inverse(plan, layer, pass) {
    affineForward(plan, couplingOf(layer), mapOf(layer.spec), { ...pass, inverse: true, keep: false });
  },
  backward: (plan, layer, pass) => affineBackward(plan, couplingOf(layer), mapOf(layer.spec), pass),
};

/**
 * The end of a level of a multi-scale flow: half of the channels leave for the base.
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803, section 3.6
 */
export const split = builderOf<SplitSpec>('split');

function mapOf({ scale }: { scale: ScaleMap }): AffineMap {
  return { scale, shiftFirst: true };
}

/** The affine coupling that a split is. */
function couplingOf({ room, spec: { type }, tensors }: Split): ImageCoupling {
  return { room, spec: { type, mask: 'channel', flip: false, conditioner: NET }, tensors };
}

/** Real NVP's coupling on images: z₂ = x₂ ⊙ exp(s(x₁)) + t(x₁), z₁ = x₁, with channels or pixels as x₁ and x₂. */
import * as v from 'valibot';
import { scaleMapSchema, scaleWords } from '../model/scaleMap.ts';
import { netSchema } from '../nets/net.ts';
import { builderOf } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { startCoupling } from './coupling.ts';
import {
  affineBackward,
  affineForward,
  checkImageCoupling,
  CONV_NET,
  imageCouplingDefaults,
  imageCouplingFields,
  imageCouplingKey,
  imageCouplingTensors,
  imageCouplingWords,
} from './imageCoupling.ts';
import type { ImageCouplingTensors } from './imageCoupling.ts';

const schema = v.strictObject({
  type: v.literal('conv_affine_coupling'),
  ...imageCouplingFields,
  /** How the net's outputs become log-scales. */
  scale: scaleMapSchema,
  /** Whether the shift comes before the scale, z₂ = (x₂ + t) ⊙ exp(s), as in Glow's code. */
  shiftFirst: v.optional(v.boolean()),
  /** The net that reads the other block. */
  conditioner: netSchema,
});
/**
 * The spec of `convAffineCoupling`.
 * @interface
 */
export type ConvAffineCouplingSpec = v.InferOutput<typeof schema>;

export const convAffineCouplingRoom: Bijector<ConvAffineCouplingSpec, ImageCouplingTensors> = {
  schema,
  defaults: (place) => ({
    ...imageCouplingDefaults(place),
    scale: { map: 'tanh', bound: 1 },
    conditioner: CONV_NET,
  }),
  check: checkImageCoupling,
  imageAfter: (image) => image,
  tensors: (spec, shape, add) => imageCouplingTensors(spec, 2, shape, add),
  start: startCoupling,
  words: (layer) => imageCouplingWords(scaleWords(layer.spec.scale), layer),
  tuningKey: (layer) => imageCouplingKey(layer.spec.scale.map, layer),
  width: ({ tensors }) => 2 * tensors.blocks.transformCount,

  preservesVolume: false,

  forward(plan, layer, { keepDerivatives: keep, ...pass }) {
    affineForward(plan, layer, layer.spec, { ...pass, inverse: false, keep });
  },
  inverse: (plan, layer, pass) =>
    affineForward(plan, layer, layer.spec, { ...pass, inverse: true, keep: false }),
  backward: (plan, layer, pass) => affineBackward(plan, layer, layer.spec, pass),
};

/**
 * Real NVP's coupling on images, with a convolutional net.
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export const convAffineCoupling = builderOf<ConvAffineCouplingSpec>('conv_affine_coupling');

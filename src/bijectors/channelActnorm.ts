/** Glow's activation normalisation of images: one scale and bias for all pixels of a channel. */
import * as v from 'valibot';
import { actnormStart } from '../kernels/elementwise/actnorm_start.ts';
import { pixelsOf } from '../model/image.ts';
import { PARAMETERS, STATE } from '../plan/names.ts';
import { actnormRoom } from './actnorm.ts';
import type { Tensors as ActnormTensors } from './actnorm.ts';
import { builderOf } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { diagonalRows } from './diagonalMap.ts';
import { imageOf, requireImage } from './image.ts';

const schema = v.strictObject({ type: v.literal('channel_actnorm') });
/**
 * The spec of `channelActnorm`.
 * @interface
 */
export type ChannelActnormSpec = v.InferOutput<typeof schema>;

export interface Tensors extends ActnormTensors {
  pixels: number;
}

export const channelActnormRoom: Bijector<ChannelActnormSpec, Tensors> = {
  schema,
  defaults: () => ({}),
  check: (spec, place) => void requireImage(spec, place),
  imageAfter: (image) => image,

  tensors(_, shape, add) {
    const image = imageOf(shape);
    const [channels] = image;
    return {
      bias: add('bias', [channels], true),
      logScale: add('log_scale', [channels], true),
      initialised: add('initialised', [1], false),
      pixels: pixelsOf(image),
    };
  },

  startFromBatch: {
    add: (plan, { tensors }, { rows, validRows }) =>
      plan.add(actnormStart({ rows, validRows, ...tensors, state: STATE, parameters: PARAMETERS })),
    flag: ({ tensors }) => tensors.initialised,
  },

  unsound: ({ tensors }, parameters) =>
    actnormRoom.unsound?.({ room: actnormRoom, spec: { type: 'actnorm' }, tensors }, parameters),

  words: () => '(x + bias) exp(log_scale) of each channel',
  tuningKey: ({ spec }) => spec.type,
  ...diagonalRows,
};

/**
 * `actnorm` of images: one scale and bias for all pixels of a channel.
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export const channelActnorm = builderOf<ChannelActnormSpec>('channel_actnorm');

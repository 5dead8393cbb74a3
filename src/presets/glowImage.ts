/** Glow for images. */
import type { BijectorSpec } from '../bijectors/index.ts';
import type { ImageShape } from '../model/image.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { imageFlow } from './imagePreset.ts';
import type { ImageFamily, ImagePreset, ImagePresetOptions } from './imagePreset.ts';
import { IMAGE_TRAINING } from './imageTraining.ts';
import { boundedScale } from './robust.ts';

/**
 * In each level a squeeze, then `depth` steps (default 8) of an actnorm, a 1 × 1 convolution and an affine coupling of the
 * channels, whose nets have `width` channels (default 64) in two hidden layers. After each level but the last, half of the
 * channels leave.
 * @throws {ShapeError} when the shape of the images or an option is out of range
 * @see Kingma and Dhariwal 2018, https://arxiv.org/abs/1807.03039
 */
export function glowImage(image: ImageShape, options: ImagePresetOptions = {}): FlowSpec {
  return imageFlow(GLOW_IMAGE, image, options);
}

const GLOW_IMAGE: ImageFamily = {
  name: 'glow-image',
  depth: 8,
  width: 64,
  level: ({ depth, width }) => [
    { type: 'squeeze' },
    ...Array.from({ length: depth }, (): BijectorSpec[] => [
      { type: 'channel_actnorm' },
      { type: 'conv_linear' },
      {
        type: 'conv_affine_coupling',
        mask: 'channel',
        flip: false,
        scale: boundedScale(depth),
        conditioner: { hidden: [width, width], activation: 'relu', init: 'zero_last' },
      },
    ]).flat(),
  ],
};

export const glowImagePreset = {
  name: 'glow-image',
  title: 'Glow for images',
  summary: 'Glow for images: channels mixed by 1 × 1 convolutions, in several levels',
  words: 'Each layer mixes the channels of each pixel; halves of the picture leave level by level.',
  imageSpec: glowImage,
  ...IMAGE_TRAINING,
} as const satisfies ImagePreset;

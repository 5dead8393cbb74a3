/** Real NVP for images. */
import type { BijectorSpec } from '../bijectors/index.ts';
import type { ImageShape } from '../model/image.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { imageFlow } from './imagePreset.ts';
import type { ImageFamily, ImagePreset, ImagePresetOptions } from './imagePreset.ts';
import { IMAGE_TRAINING } from './imageTraining.ts';
import { boundedScale } from './robust.ts';

/**
 * In each level `depth` couplings (default 3) with checkerboard masks, a squeeze and as many with channel masks. The last
 * level has one more on a checkerboard after them. The nets are residual, with two blocks of `width` channels (default 32).
 * An actnorm before each coupling stands in for batch normalisation. After each level but the last, half of the channels leave.
 * @throws {ShapeError} when the shape of the images or an option is out of range
 * @see Dinh et al. 2016, https://arxiv.org/abs/1605.08803
 */
export function realnvpImage(image: ImageShape, options: ImagePresetOptions = {}): FlowSpec {
  return imageFlow(REALNVP_IMAGE, image, options);
}

const REALNVP_IMAGE: ImageFamily = {
  name: 'realnvp-image',
  depth: 3,
  width: 32,
  level({ depth, width, isLast }) {
    const couplings = (mask: 'checkerboard' | 'channel', count: number): BijectorSpec[] =>
      Array.from({ length: count }, (_, index): BijectorSpec[] => [
        { type: 'channel_actnorm' },
        {
          type: 'conv_affine_coupling',
          mask,
          flip: index % 2 === 1,
          scale: boundedScale(2 * depth),
          conditioner: { hidden: [width], residualBlocks: 2, activation: 'relu', init: 'zero_last' },
        },
      ]).flat();
    return [
      ...couplings('checkerboard', depth),
      { type: 'squeeze' },
      ...couplings('channel', depth),
      ...(isLast ? couplings('checkerboard', 1) : []),
    ];
  },
};

export const realnvpImagePreset = {
  name: 'realnvp-image',
  title: 'Real NVP for images',
  summary: 'Real NVP for images: checkerboards and channels in turn, residual nets, several levels',
  words: 'Each layer repaints every second pixel, or half of the channels, from the others.',
  imageSpec: realnvpImage,
  ...IMAGE_TRAINING,
} as const satisfies ImagePreset;

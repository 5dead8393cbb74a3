import type { OptionRule } from '../calls/optionRules.ts';

/** The shape [C, H, W] of images. A row holds the pixels of one channel after another, as in NumPy's CHW. */
export type ImageShape = [channels: number, height: number, width: number];

export function pixelsOf([, height, width]: Readonly<ImageShape>): number {
  return height * width;
}

/** The rule of a shape in options. */
export const IMAGE_SHAPE: OptionRule = {
  expected: 'a shape [C, H, W] of whole numbers above 0',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((size) => Number.isSafeInteger(size) && size > 0),
};

/** Features of a row. */
export function imageFeatures(image: Readonly<ImageShape>): number {
  return image[0] * pixelsOf(image);
}

/** The pixels with (row + column) mod 2 equal to `parity` on images `width` pixels wide. */
export interface Checkerboard {
  width: number;
  pixels: number;
  parity: 0 | 1;
}

/**
 * Bits per dimension of images of D pixels from their log-densities [B] in nats: the mean of −log p / (D log 2). With whole
 * numbers as pixels and uniform noise in [0, 1) added, its mean bounds the bits of a lossless code from above.
 * @see Theis et al. 2016, "A note on the evaluation of generative models", section 3.1
 */
export function bitsPerDimension(logProb: ArrayLike<number>, dim: number): number {
  const values = Array.from(logProb);
  return -values.reduce((sum, value) => sum + value, 0) / (values.length * dim * Math.LN2);
}

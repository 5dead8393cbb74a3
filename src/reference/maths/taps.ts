import { isOfParity } from './checkerboard.ts';

/** The images that a convolution reads: all pixels, or with a `parity` below 2 those of one colour of a checkerboard. */
interface Images {
  height: number;
  width: number;
  parity: number;
}

/** The pixel that tap 0 to 8 of a 3 × 3 convolution reads for `pixel`; undefined outside the image, or if it reads zeros there. */
export function tapPixel({ height, width, parity }: Images, pixel: number, tap: number): number | undefined {
  const row = Math.floor(pixel / width) + Math.floor(tap / 3) - 1;
  const column = (pixel % width) + (tap % 3) - 1;
  if (row < 0 || row >= height || column < 0 || column >= width) return undefined;
  const read = row * width + column;
  return parity > 1 || isOfParity(read, width, parity) ? read : undefined;
}

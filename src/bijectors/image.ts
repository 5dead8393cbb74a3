/** The common parts of bijectors on images. */
import { ShapeError } from '../errors.ts';
import type { ImageShape } from '../model/image.ts';
import type { FlowShape, Place } from './bijector.ts';

/** @throws {ShapeError} if the flow's rows are not images */
export function requireImage({ type }: { type: string }, { where, flow }: Place): ImageShape {
  if (flow.image !== undefined) return flow.image;
  throw new ShapeError(
    `${where}.type`,
    type,
    'a bijector that needs no image',
    'Give the spec the shape `image: [C, H, W]`, or leave this bijector out.',
  );
}

/** The shape of the images that reach a bijector that was checked. */
export function imageOf({ image }: FlowShape): ImageShape {
  if (image === undefined) throw new RangeError('a bijector on images needs their shape');
  return image;
}

/** `4 × 7 × 7`. */
export function imageWords(image: Readonly<ImageShape>): string {
  return image.join(' × ');
}

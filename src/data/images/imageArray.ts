/** Images in an array: [N, H, W] in shades of grey, or with 1 or 3 channels first or last. */
import { DataError } from '../../errors.ts';
import type { ImageShape } from '../../model/image.ts';
import { arrayRecords } from '../arrays/numberArray.ts';
import type { NumberArray } from '../arrays/numberArray.ts';
import type { ByteSource } from '../byteSource.ts';
import type { Images } from './images.ts';

/** Whether the array has the axes of images. */
export function isImageArray({ shape }: NumberArray): boolean {
  return shape.length === 3 || shape.length === 4;
}

/** @throws {DataError} for another shape, or a value that is no whole number from 0 to 255 */
export async function imagesOfArray(bytes: ByteSource, array: NumberArray, file: string): Promise<Images> {
  const { shape, isChannelLast } = layoutOf(array, file);
  const stored = await bytesOfArray(bytes, array, file);
  return { shape, pixels: isChannelLast ? channelsFirst(stored, shape) : stored };
}

function layoutOf({ shape }: NumberArray, file: string): { shape: ImageShape; isChannelLast: boolean } {
  const [count = 0, first = 0, second = 0, third] = shape;
  if (Math.min(...shape) > 0) {
    if (third === undefined) return { shape: [1, first, second], isChannelLast: false };
    if (isChannels(third)) return { shape: [third, first, second], isChannelLast: true };
    if (isChannels(first)) return { shape: [first, second, third], isChannelLast: false };
  }
  throw new DataError(
    count === 0
      ? 'found no images'
      : `found an array of the shape (${shape.join(', ')}), expected [N, H, W], or with 1 or 3 channels [N, C, H, W] or [N, H, W, C]`,
    { file },
    'Save a table of numbers as array.reshape(len(array), -1).',
  );
}

function isChannels(size: number): boolean {
  return size === 1 || size === 3;
}

/** The elements in the order of the axes, the last one fastest. */
async function bytesOfArray(bytes: ByteSource, array: NumberArray, file: string): Promise<Uint8Array> {
  const length = array.shape.reduce((product, size) => product * size, 1);
  if (array.kind === 'u1' && !array.isFortran) {
    return new Uint8Array(await bytes.slice(array.start, array.start + length));
  }
  const pixels = new Uint8Array(length);
  let place = 0;
  for await (const { records, lines } of arrayRecords(bytes, array).batches) {
    for (const [index, record] of records.entries()) {
      for (const cell of record) {
        const value = Number(cell);
        if (!(Number.isInteger(value) && value >= 0 && value <= 255)) {
          throw new DataError(
            `found a pixel of ${cell}, expected whole numbers from 0 to 255`,
            { file, row: lines[index] },
            'Scale the pixels to 0 to 255 and save them as uint8.',
          );
        }
        pixels[place++] = value;
      }
    }
  }
  return pixels;
}

/** [N, H, W, C] → [N, C, H, W] */
function channelsFirst(pixels: Uint8Array, [channels, height, width]: ImageShape): Uint8Array {
  const side = height * width;
  return Uint8Array.from(pixels, (_, place) => {
    const image = Math.floor(place / (channels * side));
    const channel = Math.floor(place / side) % channels;
    return pixels[(image * side + (place % side)) * channels + channel] ?? 0;
  });
}

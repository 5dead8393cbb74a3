/** Images as PNG. */
import { convertIndexedToRgb, decode, encode } from 'fast-png';
import type { DecodedPng } from 'fast-png';
import { DataError } from '../../errors.ts';
import { pixelsOf } from '../../model/image.ts';
import type { Images } from './images.ts';

/** The single image of a file, grey or of three colours. @throws {DataError} if it cannot be read, or is no opaque one */
export function imageOfPng(bytes: Uint8Array, file: string): Images {
  const png = decoded(bytes, file);
  const { width, height, depth } = png;
  if (depth === 16) {
    throw new DataError('found a PNG of 16 bits a channel, expected 8', { file }, 'Save it with 8 bits.');
  }
  const values = samplesOf(png);
  const pixels = width * height;
  const stored = values.length / pixels;
  const colours = stored < 3 ? 1 : 3;
  if (stored > colours && values.some((value, place) => place % stored === colours && value < 255)) {
    throw new DataError(
      'found transparent pixels, expected opaque ones',
      { file },
      'Put it on a background.',
    );
  }
  return {
    shape: [colours, height, width],
    pixels: Uint8Array.from(
      { length: colours * pixels },
      (_, place) => values[(place % pixels) * stored + Math.floor(place / pixels)] ?? 0,
    ),
  };
}

/** An image [C, H, W] of 1 or 3 channels as a PNG. */
export function pngOf({ shape, pixels }: Images): Uint8Array {
  const [channels, height, width] = shape;
  const data = Uint8Array.from(
    { length: pixels.length },
    (_, place) => pixels[(place % channels) * pixelsOf(shape) + Math.floor(place / channels)] ?? 0,
  );
  return encode({ width, height, channels, depth: 8, data });
}

function decoded(bytes: Uint8Array, file: string): DecodedPng {
  try {
    return decode(bytes);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DataError(`found a damaged PNG: ${problem}`, { file }, 'Save the image again.');
  }
}

/** One byte for each channel of each pixel. */
function samplesOf(png: DecodedPng): Uint8Array {
  const { data, depth, palette } = png;
  if (palette !== undefined) return convertIndexedToRgb(png);
  if (depth === 8) return Uint8Array.from(data);
  const most = 2 ** depth - 1;
  const shades = Array.from({ length: most + 1 }, (_, shade) => [Math.round((255 * shade) / most)]);
  return convertIndexedToRgb({ ...png, palette: shades });
}

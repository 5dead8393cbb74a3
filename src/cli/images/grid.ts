/** Images side by side. */
import { imageCount } from '../../data/images/images.ts';
import type { Images } from '../../data/images/images.ts';
import { imageFeatures } from '../../model/image.ts';
import type { ImageShape } from '../../model/image.ts';
import type { FlowSpec } from '../../spec/spec.ts';

/** Images below this height are drawn larger, by whole pixels. */
const SHOWN_HEIGHT = 56;

/** The grey between images. */
const GAP = 128;
const GAP_PIXELS = 2;

/** Columns of a grid that is about as wide as high. */
export function squareColumns(count: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(count)));
}

/** The images row by row in one picture, with a line of grey between two. */
export function gridOf(images: Images, columns: number): Images {
  const [channels, height, width] = images.shape;
  const count = imageCount(images);
  const zoom = Math.max(1, Math.ceil(SHOWN_HEIGHT / height));
  const [cellHeight, cellWidth] = [height * zoom + GAP_PIXELS, width * zoom + GAP_PIXELS];
  const shape: ImageShape = [
    channels,
    Math.ceil(count / columns) * cellHeight - GAP_PIXELS,
    Math.min(columns, Math.max(count, 1)) * cellWidth - GAP_PIXELS,
  ];
  const [, gridHeight, gridWidth] = shape;
  const pixels = new Uint8Array(imageFeatures(shape)).fill(GAP);
  for (let place = 0; place < pixels.length; place++) {
    const x = place % gridWidth;
    const y = Math.floor(place / gridWidth) % gridHeight;
    const channel = Math.floor(place / (gridWidth * gridHeight));
    const image = Math.floor(y / cellHeight) * columns + Math.floor(x / cellWidth);
    const [row, column] = [Math.floor((y % cellHeight) / zoom), Math.floor((x % cellWidth) / zoom)];
    if (image >= count || row >= height || column >= width) continue;
    pixels[place] = images.pixels[((image * channels + channel) * height + row) * width + column] ?? 0;
  }
  return { shape, pixels };
}

/** The level of each pixel of rows that a flow of images drew. */
export function wholePixels(rows: ArrayLike<number>, levels: number): Float32Array {
  return Float32Array.from(rows, (value) => Math.min(Math.max(Math.floor(value), 0), levels - 1));
}

/** Rows of a flow of images as whole numbers from 0 to 255, the levels of a pixel scaled to that range. */
export function imagesOfRows(rows: ArrayLike<number>, shape: ImageShape, levels: number): Images {
  const scaled = wholePixels(rows, levels).map((level) => Math.round((255 * level) / (levels - 1)));
  return { shape, pixels: Uint8Array.from(scaled) };
}

/** The levels of a pixel of these images. */
export function levelsOf({ bijectors: [first] }: FlowSpec): number {
  return first?.type === 'logit' ? first.levels : 256;
}

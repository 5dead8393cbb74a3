/** Images of 8 bits a channel, one after another. */
import { DataError } from '../../errors.ts';
import { imageFeatures } from '../../model/image.ts';
import type { ImageShape } from '../../model/image.ts';
import { batchRecords } from '../records.ts';
import type { RecordBatch, RecordSource } from '../records.ts';
import { numberedNames } from '../heading.ts';
import type { ImageForm, ListedLabels } from './imageForm.ts';

export interface Images {
  /** [C, H, W] of each. */
  shape: ImageShape;
  /** [N, C, H, W] */
  pixels: Uint8Array;
  /** What each shows, if the files say so. */
  labels?: readonly string[];
}

/** The column of labels. */
export const LABEL_COLUMN = 'label';

export function imageCount({ shape, pixels }: Images): number {
  return pixels.length / imageFeatures(shape);
}

/** Images of one shape in one. */
export function joined(parts: readonly Images[]): Images {
  const pixels = new Uint8Array(parts.reduce((sum, part) => sum + part.pixels.length, 0));
  let offset = 0;
  for (const part of parts) {
    pixels.set(part.pixels, offset);
    offset += part.pixels.length;
  }
  return { shape: parts[0]?.shape ?? [1, 1, 1], pixels };
}

/**
 * Images made smaller by the mean of squares or other blocks of pixels, rounded.
 * @throws {DataError} if the images have other channels, or sides that are no multiples
 */
export function averaged(images: Images, shape: ImageShape, file: string): Images {
  const [channels, height, width] = images.shape;
  const [wanted, toHeight, toWidth] = shape;
  const [rows, columns] = [height / toHeight, width / toWidth];
  if (channels !== wanted || !Number.isInteger(rows) || !Number.isInteger(columns)) {
    throw new DataError(
      `found images of ${images.shape.join(' × ')}, expected ${shape.join(' × ')}`,
      { file },
      'Larger images are averaged if their height and width are multiples.',
    );
  }
  if (rows === 1 && columns === 1) return images;
  const pixels = new Uint8Array(imageCount(images) * imageFeatures(shape));
  for (let place = 0; place < pixels.length; place++) {
    const x = place % toWidth;
    const y = Math.floor(place / toWidth);
    // Rows of pixels of all channels of all images follow each other.
    const first = y * rows * width + x * columns;
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) sum += images.pixels[first + i * width + j] ?? 0;
    }
    pixels[place] = Math.round(sum / (rows * columns));
  }
  return { ...images, shape, pixels };
}

/** The label of each image. @throws {DataError} if there are more or fewer labels */
export function labelsFor(images: Images, { cells, heading }: ListedLabels, file: string): readonly string[] {
  const count = imageCount(images);
  if (cells.length === count) return cells;
  if (heading !== undefined && cells.length + 1 === count) return [heading, ...cells];
  throw new DataError(
    `found ${count} images, expected ${cells.length}, as there are labels`,
    { file },
    'Give the labels of the same images.',
  );
}

/** Images as the rows of a table: a column for each pixel of each channel, then the label. */
export function imageRecords(
  images: Images,
  file: string,
  { shape, labels: listed }: ImageForm,
): RecordSource {
  const labels = listed === undefined ? images.labels : labelsFor(images, listed, file);
  const rows = shape === undefined ? images : averaged(images, shape, file);
  const count = imageFeatures(rows.shape);
  return {
    columns:
      labels === undefined
        ? { kind: 'numbered', count }
        : { kind: 'named', names: [...numberedNames(count), LABEL_COLUMN] },
    batches: batchesOf(rows, labels),
  };
}

async function* batchesOf(
  images: Images,
  labels: readonly string[] | undefined,
): AsyncGenerator<RecordBatch> {
  const features = imageFeatures(images.shape);
  const count = imageCount(images);
  const step = batchRecords(features);
  for (let first = 0; first < count; first += step) {
    const lines = Array.from({ length: Math.min(step, count - first) }, (_, at) => first + at + 1);
    const records = lines.map((line) => [
      ...Array.from(images.pixels.subarray((line - 1) * features, line * features), String),
      ...(labels === undefined ? [] : [labels[line - 1] ?? '']),
    ]);
    yield { records, lines };
  }
}

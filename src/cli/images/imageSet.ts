/** The training images of `train`. */
import path from 'node:path';
import { holdOut, heldRows } from '../../data/holdOut.ts';
import type { ContextRows } from '../../data/holdOut.ts';
import { averaged, imageCount, labelsFor } from '../../data/images/images.ts';
import type { Images } from '../../data/images/images.ts';
import { readImages } from '../../data/images/readImages.ts';
import { sourceName } from '../../data/sourceFile.ts';
import { DataError, ShapeError } from '../../errors.ts';
import type { ContextColumn } from '../../model/context.ts';
import { imageFeatures } from '../../model/image.ts';
import type { ImageShape } from '../../model/image.ts';
import { encodeCells } from '../contextInput.ts';
import { heldOutOf, NO_VALIDATION } from '../trainingSet.ts';
import type { TrainingSet } from '../trainingSet.ts';
import type { ImageOptions } from './imageOptions.ts';
import { FOLDERS, labelColumn, readLabels } from './labels.ts';

interface ImageSetOptions extends Pick<ImageOptions, 'labels' | 'shrink' | 'mirror'> {
  /** Images, a fraction of the given ones, or none. */
  val?: string;
  /** The shape of the model that training starts from. */
  modelShape: ImageShape | undefined;
  modelContext: readonly ContextColumn[] | undefined;
  modelHeldOut: number | undefined;
  seed: number;
  signal: AbortSignal;
}

/** @throws {DataError | ShapeError} when the images are unsuitable for training */
export async function imageSet(file: string, images: Images, options: ImageSetOptions): Promise<TrainingSet> {
  const { labels: labelFile, mirror = false, modelContext, val, modelHeldOut, seed, signal } = options;
  const shape = shapeFor(images, options);
  const labels =
    labelFile === undefined || labelFile === FOLDERS
      ? images.labels
      : labelsFor(images, await readLabels(labelFile, signal), file);
  const columns = modelContext ?? (labelFile === undefined ? undefined : [labelColumn(labels ?? [])]);
  const rows = rowsOf({ ...averaged(images, shape, file), ...(labels && { labels }) }, file, columns);
  const features = imageFeatures(shape);
  const set: TrainingSet = {
    title: path.basename(sourceName(file)),
    image: shape,
    columns: Array.from({ length: features }, (_, pixel) => `x${pixel + 1}`),
    data: rows.data,
    ...(columns && { context: { columns, ...(rows.context && { data: rows.context }) } }),
  };
  if (val !== undefined && val !== NO_VALIDATION && Number.isNaN(Number(val))) {
    const held = await validationImages(val, shape, columns, signal);
    return withRows(set, mirror ? mirrored(rows, shape) : rows, held);
  }
  const heldOut = heldOutOf(imageCount(images), { val, modelHeldOut });
  if (!mirror || heldOut === undefined) {
    return mirror ? withRows(set, mirrored(rows, shape)) : { ...set, ...(heldOut && { heldOut }) };
  }
  // A mirror image of a held-out one must not be learned.
  const count = imageCount(images);
  const { training, held } = holdOut(rows, { rows: count, held: heldRows(count, heldOut.fraction), seed });
  return withRows(set, mirrored(training, shape), held);
}

/** @throws {ShapeError} when the images cannot shrink that much */
function shapeFor({ shape }: Images, { shrink, modelShape }: ImageSetOptions): ImageShape {
  const [channels, height, width] = shape;
  if (shrink === undefined) return modelShape ?? shape;
  if (height % shrink === 0 && width % shrink === 0) return [channels, height / shrink, width / shrink];
  throw new ShapeError('--shrink', String(shrink), `a number that divides ${height} and ${width}`);
}

/** @throws {DataError} naming the first image whose label the columns do not have */
function rowsOf(
  { pixels, labels }: Images,
  file: string,
  columns: readonly ContextColumn[] | undefined,
): ContextRows {
  const data = Float32Array.from(pixels);
  if (columns === undefined) return { data };
  if (labels === undefined) {
    throw new DataError(
      'found images without labels, expected some',
      { file },
      `Name their file with --labels, or put each image into a folder named like its label, for --labels ${FOLDERS}.`,
    );
  }
  const text = { cells: labels.map((label) => [label]), lines: labels.map((_, index) => index + 1) };
  return { data, context: encodeCells(file, columns, text) };
}

async function validationImages(
  file: string,
  shape: ImageShape,
  columns: readonly ContextColumn[] | undefined,
  signal: AbortSignal,
): Promise<ContextRows> {
  const images = await readImages(file);
  signal.throwIfAborted();
  if (images !== undefined) return rowsOf(averaged(images, shape, file), file, columns);
  throw new DataError('found a table, expected images, like those to learn', { file });
}

function withRows(set: TrainingSet, rows: ContextRows, held?: ContextRows): TrainingSet {
  const { columns } = set.context ?? {};
  return {
    ...set,
    data: rows.data,
    ...(held && { validation: held.data }),
    ...(columns && {
      context: {
        columns,
        ...(rows.context && { data: rows.context }),
        ...(held?.context && { validation: held.context }),
      },
    }),
  };
}

/** The images and their mirror images, left and right swapped. */
function mirrored({ data, context }: ContextRows, [, , width]: ImageShape): ContextRows {
  const all = new Float32Array(2 * data.length);
  all.set(data);
  for (let place = 0; place < data.length; place++) {
    const x = place % width;
    all[data.length + place] = data[place - x + (width - 1 - x)] ?? NaN;
  }
  if (context === undefined) return { data: all };
  const labels = new Float32Array(2 * context.length);
  labels.set(context);
  labels.set(context, context.length);
  return { data: all, context: labels };
}

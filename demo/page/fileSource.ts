/** A visitor's file, dropped, pasted or chosen, as rows. Its contents never leave the machine. */
import { rowsOfImage } from './imageRows.ts';
import type { TableAnswer, TableQuestion } from './tableWorker.ts';
import type { Table } from './table.ts';

export interface FileRows extends Table {
  title: string;
}

/** Images are scaled down to this many pixels on the longer side. */
const IMAGE_SIDE = 256;
const IMAGE_POINTS = 10_000;
/** Size limit in bytes; a text of this size takes a few seconds. */
const LARGEST = 100e6;

/** @throws {Error} with a sentence for the visitor */
export async function rowsOfFile(file: File): Promise<FileRows> {
  if (file.size > LARGEST) {
    throw new Error(
      `${file.name}: found ${Math.round(file.size / 1e6)} MB, expected at most ${LARGEST / 1e6} MB. Use the command line for more.`,
    );
  }
  return file.type.startsWith('image/') ? rowsOfPicture(file) : rowsOfText(await file.text(), file.name);
}

/** @throws {Error} as `rowsOfFile` */
export async function rowsOfText(text: string, name: string): Promise<FileRows> {
  const worker = new Worker(new URL('./tableWorker.ts', import.meta.url), { type: 'module' });
  try {
    const answer = await new Promise<TableAnswer>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<TableAnswer>) => resolve(data));
      worker.addEventListener('error', () =>
        reject(new Error(`${name}: the reader of tables did not load. Reload the page.`)),
      );
      worker.postMessage({ text, file: name } satisfies TableQuestion, []);
    });
    if ('mistake' in answer) throw new Error(answer.mistake);
    return { ...answer.table, title: name };
  } finally {
    worker.terminate();
  }
}

async function rowsOfPicture(file: File): Promise<FileRows> {
  const name = file.name || 'image';
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(
      `${name}: found an image that this browser cannot read, expected PNG, JPEG, WebP or the like.`,
    );
  });
  const scale = Math.min(1, IMAGE_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (pen === null) throw new Error(`${name}: this browser has no canvas to read images with.`);
  pen.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const rows = rowsOfImage(pen.getImageData(0, 0, width, height), IMAGE_POINTS);
  if (rows === undefined) {
    throw new Error(
      `${name}: every pixel is white or transparent, expected dark ones: they become the density.`,
    );
  }
  return { columns: ['x', 'y'], rows, title: name };
}

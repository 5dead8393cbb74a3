/** A visitor's file, dropped, pasted or chosen, as rows. Its contents never leave the machine. */
import { rowsOfImage } from './imageRows.ts';
import type { TableAnswer, TableQuestion } from './tableWorker.ts';
import type { RowData, TableCells } from '../protocol.ts';
import type { Table } from './table.ts';
import { WHOLE } from './tableChoice.ts';
import type { TableChoice } from './tableChoice.ts';

export interface FileRows extends Table {
  title: string;
}

/** Images are scaled down to this many pixels on the longer side. */
const IMAGE_SIDE = 256;
const IMAGE_POINTS = 10_000;

/** @throws {Error} with a sentence for the visitor */
export async function rowsOfFile(file: File): Promise<FileRows> {
  return file.type.startsWith('image/') ? rowsOfPicture(file) : rowsOfTable(file, file.name);
}

/** @throws {Error} as `rowsOfFile` */
export function rowsOfText(text: string, name: string): Promise<FileRows> {
  return rowsOfTable(new Blob([text]), name);
}

/** The files of tables, to read them again; a kept run comes back without its file. */
const contents = new WeakMap<FileRows, Blob>();

async function rowsOfTable(content: Blob, file: string, choice: TableChoice = WHOLE): Promise<FileRows> {
  const answer = await askReader(file, { file, content, choice });
  if (!('table' in answer)) throw new Error(`${file}: the reader of tables gave no rows.`);
  const table = { allWords: answer.table.words, ...answer.table, title: file };
  contents.set(table, content);
  return table;
}

/** Whether the table can be read again with another choice. */
export function canReadAgain(table: FileRows): boolean {
  return contents.has(table);
}

/** @throws {Error} as `rowsOfFile` */
export async function readAgain(before: FileRows, choice: TableChoice): Promise<FileRows> {
  const content = contents.get(before);
  if (content === undefined) throw new Error(`${before.title}: choose the file again.`);
  const table = await rowsOfTable(content, before.title, choice);
  // What a column is that is left out now, as it was when it was read.
  const { allWords } = before;
  const now = { ...table, ...(allWords && { allWords }) };
  contents.set(now, content);
  return now;
}

/** The rows of a table as CSV, with its columns as they came. */
export async function csvOfTable({
  title,
  rows,
  cells: { table },
}: RowData & { cells: TableCells }): Promise<string> {
  const answer = await askReader(title, { table, rows: Float64Array.from(rows) });
  if (!('csv' in answer)) throw new Error(`${title}: the writer of tables gave no text.`);
  return answer.csv;
}

async function askReader(name: string, question: TableQuestion): Promise<TableAnswer> {
  const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'table' });
  try {
    const answer = await new Promise<TableAnswer>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<TableAnswer>) => resolve(data));
      worker.addEventListener('error', () =>
        reject(new Error(`${name}: the reader of tables did not load. Reload the page.`)),
      );
      worker.postMessage(question, []);
    });
    if ('mistake' in answer) throw new Error(answer.mistake);
    return answer;
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
  return { columns: ['x', 'y'], rows, title: name, words: [], remarks: [] };
}

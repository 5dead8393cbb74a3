/** Records of an array that NumPy saved as .npy. Node only. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DataError } from '../errors.ts';
import { BATCH_RECORDS } from './records.ts';
import type { ReaderContext, RecordBatch, RecordSource } from './records.ts';
import { bytesAt } from './sourceFile.ts';

/** Reads an element as text: numbers in full precision, booleans as 0 and 1. */
type Read = (view: DataView, at: number, isLittle: boolean) => string;

const KINDS: Readonly<Record<string, Read>> = {
  b1: (view, at) => (view.getUint8(at) === 0 ? '0' : '1'),
  i1: (view, at) => String(view.getInt8(at)),
  u1: (view, at) => String(view.getUint8(at)),
  i2: (view, at, isLittle) => String(view.getInt16(at, isLittle)),
  u2: (view, at, isLittle) => String(view.getUint16(at, isLittle)),
  i4: (view, at, isLittle) => String(view.getInt32(at, isLittle)),
  u4: (view, at, isLittle) => String(view.getUint32(at, isLittle)),
  i8: (view, at, isLittle) => String(view.getBigInt64(at, isLittle)),
  u8: (view, at, isLittle) => String(view.getBigUint64(at, isLittle)),
  f2: (view, at, isLittle) => String(halfFloat(view.getUint16(at, isLittle))),
  f4: (view, at, isLittle) => String(view.getFloat32(at, isLittle)),
  f8: (view, at, isLittle) => String(view.getFloat64(at, isLittle)),
};

/** How an array lies in its file. */
interface NpyArray {
  rows: number;
  columns: number;
  isFortran: boolean;
  isLittle: boolean;
  read: Read;
  /** Bytes of an element. */
  size: number;
  /** Where the elements begin. */
  start: number;
}

/**
 * The records of an array of one column, or of rows and columns, whatever its order.
 * @throws {DataError} for an array of another kind or shape, or with fewer bytes than its header says
 */
export async function npyRecords(path: string, { file }: ReaderContext): Promise<RecordSource> {
  const handle = await open(path);
  try {
    const array = await arrayOf(handle, file);
    return { columns: { kind: 'numbered', count: array.columns }, batches: batchesOf(path, array) };
  } finally {
    await handle.close();
  }
}

async function* batchesOf(path: string, array: NpyArray): AsyncGenerator<RecordBatch> {
  const handle = await open(path);
  const step = Math.max(1, Math.min(BATCH_RECORDS, Math.floor(2 ** 20 / array.columns)));
  try {
    for (let row = 0; row < array.rows; row += step) {
      const count = Math.min(step, array.rows - row);
      const lines = Array.from({ length: count }, (_, at) => row + at + 1);
      yield { records: await rowsOf(handle, array, row, count), lines };
    }
  } finally {
    await handle.close();
  }
}

async function rowsOf(handle: FileHandle, array: NpyArray, row: number, count: number): Promise<string[][]> {
  const { rows, columns, isFortran, isLittle, read, size, start } = array;
  const records = Array.from({ length: count }, (): string[] => []);
  const take = async (first: number, elements: number, recordOf: (at: number) => number): Promise<void> => {
    const bytes = await bytesAt(handle, start + first * size, elements * size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < elements; at++) records[recordOf(at)]?.push(read(view, at * size, isLittle));
  };
  if (!isFortran) await take(row * columns, count * columns, (at) => Math.floor(at / columns));
  else for (let column = 0; column < columns; column++) await take(column * rows + row, count, (at) => at);
  return records;
}

/** Magic and version take eight bytes; then comes the length of the header. */
async function arrayOf(handle: FileHandle, file: string): Promise<NpyArray> {
  const lead = await bytesAt(handle, 0, 12);
  const view = new DataView(lead.buffer, lead.byteOffset, lead.byteLength);
  const version = lead[6] ?? 0;
  if (lead.length < 12 || version < 1 || version > 3) throw damaged(file);
  const [before, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES) throw damaged(file);
  const header = new TextDecoder().decode(await bytesAt(handle, before, length));
  const { kind, isLittle, read } = elementOf(header, file);
  const [rows, columns] = shapeOf(header, file);
  const size = Number(kind.slice(1));
  const start = before + length;
  const found = (await handle.stat()).size - start;
  if (found < rows * columns * size) {
    throw new DataError(
      `found ${found} bytes of values, expected ${rows * columns * size} for ${rows} rows of ${columns} columns`,
      { file },
      'The file is not complete; save it again.',
    );
  }
  return { rows, columns, isFortran: /'fortran_order':\s*True/.test(header), isLittle, read, size, start };
}

const MAX_HEADER_BYTES = 2 ** 20;

function elementOf(header: string, file: string): { kind: string; isLittle: boolean; read: Read } {
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const [, order = '', kind = ''] = /^([<>|=])(\w+)$/.exec(descr ?? '') ?? [];
  const read = KINDS[kind];
  if (read !== undefined) return { kind, isLittle: order !== '>', read };
  throw new DataError(
    `found an array of ${descr === undefined ? 'records with named fields' : `the type ${JSON.stringify(descr)}`}, expected floats, integers or booleans`,
    { file },
    'Convert it by array.astype(float), or save the table as CSV or Parquet.',
  );
}

function shapeOf(header: string, file: string): [rows: number, columns: number] {
  const shape = /'shape':\s*\(([\d\s,L]*)\)/.exec(header)?.[1];
  if (shape === undefined) throw damaged(file);
  const sizes = (shape.match(/\d+/g) ?? []).map(Number);
  const [rows = 0, columns = 1] = sizes;
  if ((sizes.length === 1 || sizes.length === 2) && columns > 0) return [rows, columns];
  throw new DataError(
    `found an array of the shape (${sizes.join(', ')}), expected rows and columns`,
    { file },
    'Save array.reshape(len(array), -1).',
  );
}

function damaged(file: string): DataError {
  return new DataError('found a damaged .npy header', { file }, 'Save the array again by numpy.save.');
}

/** The value of an IEEE 754 half. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

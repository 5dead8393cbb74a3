/** Records of an array that NumPy saved as .npy. */
import { DataError } from '../errors.ts';
import type { ByteSource } from './byteSource.ts';
import { batchRecords } from './records.ts';
import type { ReaderContext, RecordBatch, RecordSource } from './records.ts';

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
export async function npyRecords(bytes: ByteSource, { file }: ReaderContext): Promise<RecordSource> {
  const array = await arrayOf(bytes, file);
  return { columns: { kind: 'numbered', count: array.columns }, batches: batchesOf(bytes, array) };
}

async function* batchesOf(bytes: ByteSource, array: NpyArray): AsyncGenerator<RecordBatch> {
  const step = batchRecords(array.columns);
  for (let row = 0; row < array.rows; row += step) {
    const count = Math.min(step, array.rows - row);
    const lines = Array.from({ length: count }, (_, at) => row + at + 1);
    yield { records: await rowsOf(bytes, array, row, count), lines };
  }
}

async function rowsOf(bytes: ByteSource, array: NpyArray, row: number, count: number): Promise<string[][]> {
  const { rows, columns, isFortran, isLittle, read, size, start } = array;
  const records = Array.from({ length: count }, (): string[] => []);
  const take = async (first: number, elements: number, recordOf: (at: number) => number): Promise<void> => {
    const from = start + first * size;
    const view = new DataView(await bytes.slice(from, from + elements * size));
    for (let at = 0; at < elements; at++) records[recordOf(at)]?.push(read(view, at * size, isLittle));
  };
  if (!isFortran) await take(row * columns, count * columns, (at) => Math.floor(at / columns));
  else for (let column = 0; column < columns; column++) await take(column * rows + row, count, (at) => at);
  return records;
}

/** Magic and version take eight bytes; then comes the length of the header. */
async function arrayOf(bytes: ByteSource, file: string): Promise<NpyArray> {
  const lead = new DataView(await bytes.slice(0, 12));
  if (lead.byteLength < 12) throw damaged(file);
  const version = lead.getUint8(6);
  if (version < 1 || version > 3) throw damaged(file);
  const [before, length] = version === 1 ? [10, lead.getUint16(8, true)] : [12, lead.getUint32(8, true)];
  if (length > MAX_HEADER_BYTES) throw damaged(file);
  const header = new TextDecoder().decode(await bytes.slice(before, before + length));
  const { kind, isLittle, read } = elementOf(header, file);
  const [rows, columns] = shapeOf(header, file);
  const size = Number(kind.slice(1));
  const start = before + length;
  const found = bytes.byteLength - start;
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

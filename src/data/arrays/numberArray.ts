/** Arrays of numbers in a file, whatever its format. */
import { DataError } from '../../errors.ts';
import type { ByteSource } from '../byteSource.ts';
import { batchRecords } from '../records.ts';
import type { RecordBatch, RecordSource } from '../records.ts';

/** Reads an element as text: numbers in full precision, booleans as 0 and 1. */
type Read = (view: DataView, at: number, isLittle: boolean) => string;

/** Kinds of elements: a letter as in NumPy, and the bytes. */
const KINDS = {
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
} as const satisfies Record<string, Read>;

export type ElementKind = keyof typeof KINDS;

export function isElementKind(kind: string): kind is ElementKind {
  return Object.hasOwn(KINDS, kind);
}

/** How an array lies in its file. */
export interface NumberArray {
  /** The sizes of its axes, rows first. */
  shape: readonly number[];
  kind: ElementKind;
  /** Whether the first axis varies fastest. */
  isFortran: boolean;
  isLittle: boolean;
  /** Where the elements begin. */
  start: number;
}

/** Values of a row: the product of all axes but the first. */
export function columnsOf({ shape }: NumberArray): number {
  return shape.slice(1).reduce((product, size) => product * size, 1);
}

/** @throws {DataError} when the file has fewer bytes than its header says */
export function requireWholeArray(bytes: ByteSource, array: NumberArray, file: string): void {
  const [rows = 0] = array.shape;
  const columns = columnsOf(array);
  const expected = rows * columns * sizeOf(array);
  const found = bytes.byteLength - array.start;
  if (found >= expected) return;
  throw new DataError(
    `found ${found} bytes of values, expected ${expected} for ${rows} rows of ${columns} columns`,
    { file },
    'The file is not complete; save it again.',
  );
}

/** The rows of an array, each with the values of all further axes, the last one fastest. */
export function arrayRecords(bytes: ByteSource, array: NumberArray): RecordSource {
  return { columns: { kind: 'numbered', count: columnsOf(array) }, batches: batchesOf(bytes, array) };
}

async function* batchesOf(bytes: ByteSource, array: NumberArray): AsyncGenerator<RecordBatch> {
  const [rows = 0] = array.shape;
  const step = batchRecords(columnsOf(array));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const lines = Array.from({ length: count }, (_, at) => row + at + 1);
    yield { records: await rowsOf(bytes, array, row, count), lines };
  }
}

async function rowsOf(
  bytes: ByteSource,
  array: NumberArray,
  row: number,
  count: number,
): Promise<string[][]> {
  const { isFortran, isLittle, kind, start, shape } = array;
  const [rows = 0] = shape;
  const columns = columnsOf(array);
  const size = sizeOf(array);
  const read: Read = KINDS[kind];
  const records = Array.from({ length: count }, (): string[] => []);
  const take = async (first: number, elements: number, recordOf: (at: number) => number): Promise<void> => {
    const from = start + first * size;
    const view = new DataView(await bytes.slice(from, from + elements * size));
    for (let at = 0; at < elements; at++) records[recordOf(at)]?.push(read(view, at * size, isLittle));
  };
  if (!isFortran) await take(row * columns, count * columns, (at) => Math.floor(at / columns));
  else {
    for (let column = 0; column < columns; column++) {
      await take(fortranColumn(column, shape) * rows + row, count, (at) => at);
    }
  }
  return records;
}

/** Where a column of an array of rows lies, counted in columns, if the second axis varies faster than the last. */
function fortranColumn(column: number, shape: readonly number[]): number {
  let [rest, place] = [column, 0];
  for (const size of shape.slice(1).toReversed()) {
    place = place * size + (rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

/** Bytes of an element. */
function sizeOf({ kind }: NumberArray): number {
  return Number(kind.slice(1));
}

/** The value of an IEEE 754 half. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

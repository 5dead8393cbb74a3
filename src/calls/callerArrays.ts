/** Copies of the arrays that a caller gives, made when the call starts: later writes do not affect the call. */
import { ShapeError } from '../errors.ts';

/**
 * Rows of data, row-major [B, D], in the data's own units. Give a `Float64Array` if a column has a large common offset,
 * like map coordinates or timestamps. Float32 would round its values before the flow could subtract the offset.
 */
export type Rows = Float32Array | Float64Array;

/** Rows of a call: row by row, or flat. Numbers of JavaScript are float64, and so are rows of them. */
export type GivenRows = Rows | NumberRows;

/** Rows of numbers, all of the same length. */
export type NumberRows = readonly (readonly number[])[];

/** The content of a model file, or something that gives it. */
export type ModelSource = Uint8Array | ArrayBuffer | SharedArrayBuffer | Response | Blob;

/**
 * A copy of a caller's `Float32Array`, also if its buffer is shared, resizable, or part of a larger one.
 * @param what names the array in messages
 * @param width numbers in a row, if it may also be an array of rows
 * @throws {ShapeError} when it is neither, or its buffer was transferred
 */
export function takeFloats(what: string, values: unknown, width = 0): Float32Array<ArrayBuffer> {
  if (Array.isArray(values) && width > 0) return flatRows(what, values, width, Float32Array);
  if (isView(values, 'Float32Array')) return copyOf(what, () => new Float32Array(values));
  const rows = width > 0 ? ' or an array of rows' : '';
  throw new ShapeError(what, kindOf(values), `a Float32Array${rows}`, 'Float32Array.from(values) makes one.');
}

/** Like `takeFloats`, for rows of data in either precision. */
export function takeData(what: string, values: unknown, width: number): Rows {
  if (Array.isArray(values)) return flatRows(what, values, width, Float64Array);
  if (isView(values, 'Float32Array')) return copyOf(what, () => new Float32Array(values));
  if (isView(values, 'Float64Array')) return copyOf(what, () => new Float64Array(values));
  const expected = 'a Float32Array, a Float64Array or an array of rows';
  throw new ShapeError(what, kindOf(values), expected, 'Float64Array.from(values) makes one.');
}

/** Rows of `width` numbers, one after the other. @throws {ShapeError} naming the first row that is not one, from 1 */
function flatRows<Flat extends Rows>(
  what: string,
  rows: readonly unknown[],
  width: number,
  Made: new (length: number) => Flat,
): Flat {
  const flat = new Made(rows.length * width);
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    const isRow = Array.isArray(row) && row.length === width;
    // A hole has no number either.
    const column = isRow ? Array.from<unknown>(row).findIndex((value) => typeof value !== 'number') : -1;
    if (isRow && column < 0) flat.set(row as number[], index * width);
    else {
      const found = !Array.isArray(row)
        ? kindOf(row)
        : isRow
          ? `${kindOf(row[column])} in column ${column + 1}`
          : `${row.length} values`;
      const expected = `an array of ${width} number${width === 1 ? '' : 's'}`;
      throw new ShapeError(`${what}, row ${index + 1}`, found, expected);
    }
  }
  return flat;
}

/** A copy of the bytes of a model file; a response or a blob itself. */
export function takeSource(what: string, source: ModelSource): Uint8Array | Response | Blob {
  if (['Response', 'Blob', 'File'].includes(tagOf(source))) return source as Response | Blob;
  if (isView(source, 'Uint8Array')) return copyOf(what, () => new Uint8Array(source));
  if (/^(Shared)?ArrayBuffer$/.test(tagOf(source))) {
    return copyOf(what, () => new Uint8Array(source as ArrayBuffer).slice());
  }
  const expected = 'a Uint8Array, an ArrayBuffer, a Response or a Blob';
  throw new ShapeError(what, kindOf(source), expected, 'Await a promise first.');
}

interface Views {
  Float32Array: Float32Array;
  Float64Array: Float64Array;
  Uint8Array: Uint8Array;
}

/** Checks the tag, because an array from another window has another constructor. */
function isView<Name extends keyof Views>(values: unknown, name: Name): values is Views[Name] {
  return ArrayBuffer.isView(values) && tagOf(values) === name;
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function copyOf<Copy>(what: string, copy: () => Copy): Copy {
  try {
    return copy();
  } catch (error) {
    // A view of a detached buffer has length 0, like an empty one; only a read distinguishes them.
    if (!(error instanceof TypeError)) throw error;
    throw new ShapeError(
      what,
      'an array whose buffer was transferred or cut short',
      'an array that still has its values',
      'Make the call before the transfer, or give a copy.',
    );
  }
}

/** `an Int32Array`, `undefined`, `a string`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const name = typeof value === 'object' ? tagOf(value) : typeof value;
  return `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`;
}

/** Copies of the arrays that a caller gives, made when the call starts: later writes do not affect the call. */
import { ShapeError } from '../errors.ts';

/**
 * Rows of data, row-major [B, D], in the data's own units. Give a `Float64Array` if a column has a large common offset,
 * like map coordinates or timestamps. Float32 would round its values before the flow could subtract the offset.
 */
export type Rows = Float32Array | Float64Array;

/**
 * A copy of a caller's `Float32Array`, also if its buffer is shared, resizable, or part of a larger one.
 * @param what names the array in messages
 * @throws {ShapeError} when it is not a Float32Array, or its buffer was transferred
 */
export function takeFloats(what: string, values: unknown): Float32Array<ArrayBuffer> {
  if (!isView(values, 'Float32Array')) {
    throw new ShapeError(what, kindOf(values), 'a Float32Array', 'Float32Array.from(values) makes one.');
  }
  return copyOf(what, values, Float32Array);
}

/** Like `takeFloats`, for rows of data in either precision. */
export function takeData(what: string, values: unknown): Rows {
  if (isView(values, 'Float32Array')) return copyOf(what, values, Float32Array);
  if (isView(values, 'Float64Array')) return copyOf(what, values, Float64Array);
  const expected = 'a Float32Array or a Float64Array';
  throw new ShapeError(what, kindOf(values), expected, 'Float64Array.from(values) makes one.');
}

/** Like `takeFloats`, for a `Uint8Array`. */
export function takeBytes(what: string, values: unknown): Uint8Array<ArrayBuffer> {
  if (!isView(values, 'Uint8Array')) {
    throw new ShapeError(what, kindOf(values), 'a Uint8Array', 'new Uint8Array(buffer) makes one.');
  }
  return copyOf(what, values, Uint8Array);
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

function copyOf<View, Copy>(what: string, values: View, Copied: new (values: View) => Copy): Copy {
  try {
    return new Copied(values);
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
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const name = typeof value === 'object' ? tagOf(value) : typeof value;
  return `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`;
}

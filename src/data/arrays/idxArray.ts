/** The header of an IDX file, the format of MNIST: two zero bytes, the kind of the elements, the number of axes, their sizes. */
import { DataError } from '../../errors.ts';
import type { ByteSource } from '../byteSource.ts';
import type { ElementKind, NumberArray } from './numberArray.ts';

const KINDS: Readonly<Record<number, ElementKind>> = {
  0x08: 'u1',
  0x09: 'i1',
  0x0b: 'i2',
  0x0c: 'i4',
  0x0d: 'f4',
  0x0e: 'f8',
};

const MAX_AXES = 4;

/** Whether a file begins like an IDX file. */
export function isIdx([first, second, kind = 0, axes = 0]: Uint8Array): boolean {
  return first === 0 && second === 0 && KINDS[kind] !== undefined && axes >= 1 && axes <= MAX_AXES;
}

/** @throws {DataError} for a file that ends within its header */
export async function idxArray(bytes: ByteSource, file: string): Promise<NumberArray> {
  const lead = new Uint8Array(await bytes.slice(0, 4));
  const [, , code = 0, axes = 0] = lead;
  const start = 4 * (1 + axes);
  const sizes = new DataView(await bytes.slice(4, start));
  const kind = KINDS[code];
  if (kind === undefined || sizes.byteLength < 4 * axes) {
    throw new DataError('found a damaged IDX header', { file }, 'Download or save the file again.');
  }
  const shape = Array.from({ length: axes }, (_, axis) => sizes.getUint32(4 * axis));
  return { shape, kind, isFortran: false, isLittle: false, start };
}

/** Tables that are arrays: NumPy's .npy and IDX. */
import { DataError } from '../../errors.ts';
import type { ByteSource } from '../byteSource.ts';
import type { ReaderContext, RecordSource } from '../records.ts';
import { idxArray } from './idxArray.ts';
import { npyArray } from './npyArray.ts';
import { arrayRecords, columnsOf, requireWholeArray } from './numberArray.ts';
import type { NumberArray } from './numberArray.ts';

export const ARRAY_KINDS = ['npy', 'idx'] as const;
export type ArrayKind = (typeof ARRAY_KINDS)[number];

const HEADERS = { npy: npyArray, idx: idxArray };

/** @throws {DataError} for a damaged header, elements that are no numbers, or fewer bytes than the header says */
export async function arrayOf(kind: ArrayKind, bytes: ByteSource, file: string): Promise<NumberArray> {
  const array = await HEADERS[kind](bytes, file);
  requireWholeArray(bytes, array, file);
  return array;
}

/**
 * The records of an array of one column, or of rows and columns, whatever its order.
 * @throws {DataError} like {@link arrayOf}, and for an array of another shape
 */
export async function tableOfArray(
  kind: ArrayKind,
  bytes: ByteSource,
  { file }: ReaderContext,
): Promise<RecordSource> {
  const array = await arrayOf(kind, bytes, file);
  const { shape } = array;
  if ((shape.length === 1 || shape.length === 2) && columnsOf(array) > 0) return arrayRecords(bytes, array);
  throw new DataError(
    `found an array of the shape (${shape.join(', ')}), expected rows and columns`,
    { file },
    'Save array.reshape(len(array), -1).',
  );
}

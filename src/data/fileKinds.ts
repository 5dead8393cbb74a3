/** Tells the format of a table by its first bytes. */
import { DataError } from '../errors.ts';
import { isIdx } from './arrays/idxArray.ts';

export type FileKind = 'parquet' | 'npy' | 'idx' | 'png' | 'gzip' | 'text';

/** Enough bytes for {@link fileKind}. */
export const KIND_BYTES = 16;

const READABLE: readonly (readonly [FileKind, readonly number[]])[] = [
  ['parquet', codes('PAR1')],
  ['npy', [0x93, ...codes('NUMPY')]],
  ['png', [0x89, ...codes('PNG')]],
  ['gzip', [0x1f, 0x8b]],
];

/** Formats that people try, and what to do instead. */
const REFUSED: readonly (readonly [string, readonly number[], string])[] = [
  [
    'a zip archive, such as an Excel workbook or .npz',
    [...codes('PK'), 3, 4],
    'Unpack it, or export the sheet as CSV.',
  ],
  ['an old Excel workbook', [0xd0, 0xcf, 0x11, 0xe0], 'Export the sheet as CSV.'],
  ['an Arrow or Feather file', codes('ARROW1'), 'Write it as Parquet.'],
  ['an Arrow or Feather file', codes('FEA1'), 'Write it as Parquet.'],
  ['an HDF5 file', [0x89, ...codes('HDF')], 'Write the array by numpy.save, or the table as CSV.'],
  ['an SQLite database', codes('SQLite format'), 'Export a table as CSV.'],
  ['a Zstandard file', [0x28, 0xb5, 0x2f, 0xfd], 'Unpack it first.'],
  ['an xz file', [0xfd, ...codes('7zXZ')], 'Unpack it first.'],
  ['a bzip2 file', codes('BZh'), 'Unpack it first.'],
  ['a PDF document', codes('%PDF'), 'Give the table as CSV.'],
];

/** What a user may give. */
export const EXPECTED_TABLE = 'a table as CSV, TSV, JSON lines, Parquet, .npy or IDX';

/** @throws {DataError} if the bytes are of a known format that cannot be read */
export function fileKind(file: string, start: Uint8Array): FileKind {
  const begins = (magic: readonly number[]): boolean => magic.every((byte, index) => start[index] === byte);
  const refused = REFUSED.find(([, magic]) => begins(magic));
  if (refused !== undefined) {
    throw new DataError(`found ${refused[0]}, expected ${EXPECTED_TABLE}`, { file }, refused[2]);
  }
  return READABLE.find(([, magic]) => begins(magic))?.[0] ?? (isIdx(start) ? 'idx' : 'text');
}

function codes(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

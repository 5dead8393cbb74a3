/** The cells of a table's file, whatever its format, by the rules of the command line. */
import { DataError } from '../../src/index.ts';
import { fileKind, KIND_BYTES, wholeText } from '../../src/page/index.ts';
import type { TableNotice } from '../../src/page/index.ts';
import { collected, textTable } from './tableRecords.ts';
import type { TextTable } from './tableRecords.ts';

/** Size limit in bytes; a text of this size takes a few seconds. */
export const LARGEST = 100e6;

/** The refusal of a file that is too large for a page. */
export function tooLarge(file: string, size: number): DataError {
  return new DataError(
    `found ${Math.round(size / 1e6)} MB, expected at most ${LARGEST / 1e6} MB`,
    { file },
    'Use the command line for more.',
  );
}

/** @throws {DataError} for a format that is no table, damaged data, or more than `LARGEST` bytes */
export async function cellsOfFile(
  blob: Blob,
  file: string,
  notify: (notice: TableNotice) => void,
): Promise<TextTable> {
  if (blob.size > LARGEST) throw tooLarge(file, blob.size);
  const kind = await kindOf(blob, file);
  switch (kind) {
    case 'text':
      return cellsOfText(new Uint8Array(await blob.arrayBuffer()), file, notify);
    case 'gzip':
      return cellsOfText(await unpack(blob, file), file, notify);
    case 'png':
      throw new DataError(
        'found a picture, expected a table of numbers',
        { file },
        'Give its pixels as a table.',
      );
    default: {
      const { binaryRecords } = await import('./binaryRecords.ts');
      return collected(await binaryRecords(kind, blob, { file, notify }), file, notify);
    }
  }
}

async function kindOf(blob: Blob, file: string) {
  return fileKind(file, new Uint8Array(await blob.slice(0, KIND_BYTES).arrayBuffer()));
}

function cellsOfText(bytes: Uint8Array, file: string, notify: (notice: TableNotice) => void): TextTable {
  if (fileKind(file, bytes.subarray(0, KIND_BYTES)) === 'text') {
    return textTable(wholeText(bytes, { file, notify }), file, notify);
  }
  throw new DataError('found a packed file of a binary format', { file }, 'Unpack it first.');
}

async function unpack(blob: Blob, file: string): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = blob.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new DataError('found a gzip file with damaged data', { file }, 'Copy or download it again.');
    });
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value);
    size += value.length;
    if (size > LARGEST) throw tooLarge(file, size);
  }
}

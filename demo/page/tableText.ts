/** The text of a table's file: its compression and encoding, by the rules of the command line. */
import { DataError } from '../../src/index.ts';
import { fileKind, KIND_BYTES, wholeText } from '../../src/page.ts';
import type { TableNotice } from '../../src/page.ts';

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

/** @throws {DataError} for a format that is not text, damaged data, or more than `LARGEST` bytes */
export async function textOfFile(
  blob: Blob,
  file: string,
  notify: (notice: TableNotice) => void,
): Promise<string> {
  if (blob.size > LARGEST) throw tooLarge(file, blob.size);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const kind = fileKind(file, bytes.subarray(0, KIND_BYTES));
  if (kind === 'text') return wholeText(bytes, { file, notify });
  if (kind !== 'gzip') {
    throw new DataError(
      `found ${kind === 'npy' ? 'an array of NumPy (.npy)' : 'a Parquet file'}, expected text: CSV, TSV or JSON lines`,
      { file },
      `The command line reads it: wgflow train ${file}`,
    );
  }
  const unpacked = await unpack(blob, file);
  if (fileKind(file, unpacked.subarray(0, KIND_BYTES)) === 'text')
    return wholeText(unpacked, { file, notify });
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

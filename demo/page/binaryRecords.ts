/** The records of formats that are not text, in a file of their own: few visitors have them. */
import * as reader from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parquetRecords, tableOfArray } from '../../src/page/index.ts';
import type { ReaderContext } from '../../src/page/index.ts';
import type { Records } from './tableRecords.ts';

/** @throws {DataError} if the file is damaged, or has columns that are no numbers or texts */
export async function binaryRecords(
  kind: 'npy' | 'idx' | 'parquet',
  blob: Blob,
  context: ReaderContext,
): Promise<Records> {
  const bytes = {
    byteLength: blob.size,
    slice: (start: number, end?: number) => blob.slice(start, end).arrayBuffer(),
  };
  const { columns, batches } =
    kind === 'parquet'
      ? await parquetRecords(bytes, { reader, compressors }, context)
      : await tableOfArray(kind, bytes, context);
  const all: Records = { columns, records: [], lines: [] };
  for await (const { records, lines } of batches) {
    all.records = all.records.concat(records);
    all.lines = all.lines.concat(lines);
  }
  return all;
}

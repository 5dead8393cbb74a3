/** Records of Parquet files, read by hyparquet, one row group at a time. */
import type * as Hyparquet from 'hyparquet';
import { DataError, WgflowError } from '../errors.ts';
import type { ByteSource } from './byteSource.ts';
import { requireSoundPages } from './parquetPages.ts';
import { batchRecords } from './records.ts';
import type { ReaderContext, RecordBatch, RecordSource } from './records.ts';

/** The packages that read Parquet. */
export interface ParquetPackages {
  reader: typeof Hyparquet;
  compressors: Hyparquet.Compressors;
}

/**
 * The records of a Parquet file. Dates become ISO text. Columns of lists, structures and bytes are left out.
 * @throws {DataError} for a damaged file
 */
export async function parquetRecords(
  bytes: ByteSource,
  packages: ParquetPackages,
  context: ReaderContext,
): Promise<RecordSource> {
  const metadata = await unlessDamaged(context, () => packages.reader.parquetMetadataAsync(bytes));
  requireSoundRows(metadata, context.file);
  const parquet = { ...packages, bytes, metadata };
  const { names, leftOut } = await unlessDamaged(context, async () => columnsIn(parquet));
  if (leftOut.length > 0) {
    const message = `${context.file}: the columns ${leftOut.join(', ')} have no single numbers or texts, and are left out`;
    context.notify({ kind: 'note', message });
  }
  if (names.length === 0) {
    throw new DataError('found no column of numbers or text, expected one or more', { file: context.file });
  }
  return { columns: { kind: 'named', names }, batches: batchesOf(parquet, names, context.file) };
}

interface Parquet extends ParquetPackages {
  bytes: ByteSource;
  metadata: Hyparquet.FileMetaData;
}

/** The columns with one value a row, and the others. */
function columnsIn({ reader, metadata }: Parquet): { names: string[]; leftOut: string[] } {
  const names: string[] = [];
  const leftOut: string[] = [];
  for (const { element, children } of reader.parquetSchema(metadata).children) {
    const isSingle = children.length === 0 && element.repetition_type !== 'REPEATED' && !isBytes(element);
    (isSingle ? names : leftOut).push(element.name);
  }
  return { names, leftOut };
}

/** Whether values are bytes without a meaning, or of a type that has no text. */
function isBytes({
  type,
  converted_type: converted,
  logical_type: logical,
}: Hyparquet.SchemaElement): boolean {
  if (converted === 'JSON' || converted === 'BSON' || converted === 'INTERVAL') return true;
  const hasMeaning = converted !== undefined || ['UUID', 'FLOAT16', 'DECIMAL'].includes(logical?.type ?? '');
  return type === 'FIXED_LEN_BYTE_ARRAY' && !hasMeaning;
}

async function* batchesOf(
  parquet: Parquet,
  names: readonly string[],
  file: string,
): AsyncGenerator<RecordBatch> {
  let start = 0;
  for (const group of parquet.metadata.row_groups) {
    const rows = Number(group.num_rows);
    await requireSoundGroup(parquet, names, group, file);
    const columns = await columnsOf(parquet, names, start, rows, file);
    const step = batchRecords(names.length);
    for (let at = 0; at < rows; at += step) {
      const count = Math.min(step, rows - at);
      const lines = Array.from({ length: count }, (_, index) => start + at + index + 1);
      const records = lines.map((row, index) =>
        columns.map((cells, place) => cellText(cells[at + index], file, row, names[place])),
      );
      yield { records, lines };
    }
    start += rows;
  }
}

/** Checks the pages of the columns `names` in a row group. @throws {DataError} if one is damaged */
async function requireSoundGroup(
  { reader, compressors, bytes, metadata }: Parquet,
  names: readonly string[],
  { columns, num_rows: rows }: Hyparquet.RowGroup,
  file: string,
): Promise<void> {
  const elements = new Map(
    reader.parquetSchema(metadata).children.map(({ element }) => [element.name, element]),
  );
  for (const name of names) {
    const element = elements.get(name);
    const chunks = columns.flatMap(({ meta_data: chunk }) =>
      chunk?.path_in_schema[0] === name ? [chunk] : [],
    );
    if (chunks.length === 0) throw damaged({ file, column: name }, 'a row group has no such column');
    for (const { type, codec, ...chunk } of chunks) {
      const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
      const end = start + Number(chunk.total_compressed_size);
      const { byteLength } = bytes;
      if (!(start >= 0 && start <= end && end <= byteLength)) {
        throw damaged({ file, column: name }, `bytes ${start} to ${end} of ${byteLength}`);
      }
      const pages = {
        bytes: new Uint8Array(await bytes.slice(start, end)),
        rows: Number(rows),
        isNullable: element?.repetition_type !== 'REQUIRED',
        length: element?.type_length,
        type,
        codec,
        compressors,
      };
      await unlessDamaged({ file, column: name }, async () => requireSoundPages(pages));
    }
  }
}

/** The values of a row group by columns, in the order of `names`. */
async function columnsOf(
  { reader, compressors, bytes, metadata }: Parquet,
  names: readonly string[],
  start: number,
  rows: number,
  file: string,
): Promise<ArrayLike<unknown>[]> {
  const columns = new Map(names.map((name) => [name, Array.from<unknown>({ length: rows })]));
  await unlessDamaged({ file }, () =>
    reader.parquetRead({
      file: bytes,
      metadata,
      compressors,
      columns: [...names],
      rowStart: start,
      rowEnd: start + rows,
      parsers: { dateFromDays: dateText },
      onChunk: ({ columnName, columnData, rowStart }) => {
        const values = columns.get(columnName);
        for (let at = 0; at < columnData.length; at++) {
          if (values !== undefined) values[rowStart - start + at] = columnData[at];
        }
      },
    }),
  );
  return names.map((name) => columns.get(name) ?? []);
}

function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, 10);
}

/** A value as text. @throws {DataError} if it is none */
function cellText(value: unknown, file: string, row: number, column: string | undefined): string {
  switch (typeof value) {
    case 'undefined':
      return '';
    case 'string':
      return value.trim();
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
  }
  if (value === null) return '';
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
  throw new DataError('found a value that is no number, text or date', { file, row, column });
}

interface Place {
  file: string;
  column?: string;
}

async function unlessDamaged<Result>(where: Place, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WgflowError) throw error;
    throw damaged(where, error instanceof Error ? error.message : String(error));
  }
}

function damaged(where: Place, reason: string): DataError {
  return new DataError(
    `found a Parquet file that cannot be read (${reason})`,
    where,
    'Copy or download it again.',
  );
}

/** A row group is read whole. Writers make them of a million rows or so. */
const MAX_GROUP_ROWS = 2 ** 26;

/** Checks what the reader takes on trust: a damaged number of rows would fill the memory. */
function requireSoundRows({ schema, row_groups: groups }: Hyparquet.FileMetaData, file: string): void {
  if (schema.some(({ name }) => typeof name !== 'string')) throw damaged({ file }, 'a column has no name');
  for (const { num_rows: rows, columns } of groups) {
    const isEnough = columns.every(({ meta_data: column }) => (column?.num_values ?? rows) >= rows);
    // Damage can give a number any type.
    const isNumber = typeof (rows as unknown) === 'bigint';
    if (isNumber && rows >= 0n && rows <= BigInt(MAX_GROUP_ROWS) && isEnough) continue;
    if (!isNumber) throw damaged({ file }, 'a row group has no number of rows');
    throw damaged({ file }, `a row group says that it has ${rows} rows`);
  }
}

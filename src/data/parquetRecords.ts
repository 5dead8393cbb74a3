/** Records of Parquet files, read by hyparquet, one row group at a time. */
import type * as Hyparquet from 'hyparquet';
import { DataError, WgflowError } from '../errors.ts';
import type { ByteSource } from './byteSource.ts';
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
  const metadata = await unlessDamaged(context.file, () => packages.reader.parquetMetadataAsync(bytes));
  requireSoundRows(metadata, context.file);
  const parquet = { ...packages, bytes, metadata };
  const { names, leftOut } = await unlessDamaged(context.file, async () => columnsIn(parquet));
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

/** The values of a row group by columns, in the order of `names`. */
async function columnsOf(
  { reader, compressors, bytes, metadata }: Parquet,
  names: readonly string[],
  start: number,
  rows: number,
  file: string,
): Promise<ArrayLike<unknown>[]> {
  const columns = new Map(names.map((name) => [name, Array.from<unknown>({ length: rows })]));
  await unlessDamaged(file, () =>
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

async function unlessDamaged<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WgflowError) throw error;
    throw damaged(file, error instanceof Error ? error.message : String(error));
  }
}

function damaged(file: string, reason: string): DataError {
  return new DataError(
    `found a Parquet file that cannot be read (${reason})`,
    { file },
    'Copy or download it again.',
  );
}

/** A row group is read whole. Writers make them of a million rows or so. */
const MAX_GROUP_ROWS = 2 ** 26;

/** Checks what the reader takes on trust: a damaged number of rows would fill the memory. */
function requireSoundRows({ schema, row_groups: groups }: Hyparquet.FileMetaData, file: string): void {
  if (schema.some(({ name }) => typeof name !== 'string')) throw damaged(file, 'a column has no name');
  for (const { num_rows: rows, columns } of groups) {
    const isEnough = columns.every(({ meta_data: column }) => (column?.num_values ?? rows) >= rows);
    // Damage can give a number any type.
    const isNumber = typeof (rows as unknown) === 'bigint';
    if (isNumber && rows >= 0n && rows <= BigInt(MAX_GROUP_ROWS) && isEnough) continue;
    if (!isNumber) throw damaged(file, 'a row group has no number of rows');
    throw damaged(file, `a row group says that it has ${rows} rows`);
  }
}

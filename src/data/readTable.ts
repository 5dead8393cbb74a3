/** Tables of any format as chunks of numbers and text, streamed in bounded memory. Node only. */
import { ShapeError } from '../errors.ts';
import { tableOfArray } from './arrays/arrayRecords.ts';
import { csvRecords } from './csvRecords.ts';
import type { ReadTableOptions } from './csvLayout.ts';
import { KIND_BYTES } from './fileKinds.ts';
import { imageRecords } from './images/images.ts';
import { imagesOf, isArrayKind, openedFile } from './images/readImages.ts';
import { isJson } from './jsonCells.ts';
import { jsonRecords } from './jsonRecords.ts';
import { parquetPackages } from './parquetPackages.ts';
import { parquetRecords } from './parquetRecords.ts';
import type { ReaderContext, RecordSource } from './records.ts';
import { RowCollector } from './rowCollector.ts';
import type { TableChunk, TextRows } from './rowCollector.ts';
import { fileError, sourceName } from './sourceFile.ts';
import { requireEncoding, textBlocks, TextSource } from './textBlocks.ts';

export { HEADER_CHOICES } from './csvLayout.ts';
export type { ColumnChoice, HeaderChoice, ReadTableOptions, RowRange } from './csvLayout.ts';
export type { TableNotice } from './records.ts';
export type { TableChunk, TextRows } from './rowCollector.ts';

/**
 * Streams a table in bounded memory. Its content decides the format: text with delimiters, JSON lines, Parquet,
 * `.npy` or IDX; text and IDX may be compressed by gzip. Images, in an array of three or four axes, a PNG or a folder of
 * them, are rows of pixels from 0 to 255, one channel after another: see `images`.
 *
 * Cells of text are separated by commas, semicolons, tabs, bars or spaces, and may be quoted. Blank lines and lines
 * that begin with # are skipped. The first line is a header if any of its cells is not a number, unless the rows below
 * show otherwise. Without a header the columns are named x1…xC. A number is decimal, with a point and an optional
 * exponent (`1`, `+1`, `.5`, `1e-3`).
 *
 * @param source a path, or `-` for standard input, which may be read again
 * @throws {DataError} with file, line and column: no such file, no table, no rows, rows of unequal
 * length, a cell that is not a number or beyond what float32 holds, header names that repeat or are empty, an unknown column
 * @throws {ShapeError} if `chunkRows` is not a positive integer, or the encoding is unknown
 */
export async function* readTable(source: string, options: ReadTableOptions = {}): AsyncGenerator<TableChunk> {
  requireOptions(options);
  const file = sourceName(source);
  let opened: RecordSource | undefined;
  try {
    opened = await openRecords(source, options);
    const rows = new RowCollector(file, opened.columns, options);
    for await (const batch of opened.batches) {
      rows.add(batch);
      yield* rows.takeChunks();
      if (rows.isComplete) break;
    }
    rows.finish();
    yield* rows.takeChunks();
  } catch (error) {
    throw fileError(file, error);
  } finally {
    await opened?.batches.return(undefined);
  }
}

/**
 * All rows of {@link readTable}'s chunks as one array: `values` is `[rows, columns]`, row-major.
 * @throws the errors of the chunks; the signal's reason once it is aborted
 */
export async function allRows(chunks: AsyncIterable<TableChunk>, signal?: AbortSignal): Promise<TableChunk> {
  const text: TextRows = { cells: [], lines: [] };
  const parts: Float64Array[] = [];
  let columns: string[] = [];
  let rows = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    parts.push(chunk.values);
    columns = chunk.columns;
    rows += chunk.rows;
    text.cells = text.cells.concat(chunk.text.cells);
    text.lines = text.lines.concat(chunk.text.lines);
  }
  const values = new Float64Array(rows * columns.length);
  let offset = 0;
  for (const part of parts) {
    values.set(part, offset);
    offset += part.length;
  }
  return { columns, values, rows, text };
}

function requireOptions({ chunkRows, encoding }: ReadTableOptions): void {
  if (chunkRows !== undefined && !(Number.isSafeInteger(chunkRows) && chunkRows >= 1)) {
    throw new ShapeError('chunkRows', String(chunkRows), 'a positive integer');
  }
  if (encoding !== undefined) requireEncoding(encoding);
}

/** Opens the reader of the file's format. */
async function openRecords(source: string, options: ReadTableOptions): Promise<RecordSource> {
  const opened = await openedFile(source);
  const { kind, name, path, bytes } = opened;
  const context: ReaderContext = {
    file: name,
    encoding: options.encoding,
    notify: (notice) => options.onNotice?.(notice),
  };
  const images = await imagesOf(opened);
  if (images !== undefined) return imageRecords(images, name, options.images ?? {});
  if (kind === 'parquet') return parquetRecords(await bytes(), await parquetPackages(name), context);
  if (isArrayKind(kind)) return tableOfArray(kind, await bytes(), context);
  const text = new TextSource(textBlocks(path, kind === 'gzip', context));
  try {
    const { bytes } = await text.head(KIND_BYTES);
    return await (isJson(bytes.toString('utf8')) ? jsonRecords(text, context) : csvRecords(text, context));
  } catch (error) {
    await text.close();
    throw error;
  }
}

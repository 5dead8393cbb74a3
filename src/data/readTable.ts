/** Tables of any format as chunks of numbers and text, streamed in bounded memory. Node only. */
import { DataError, ShapeError } from '../errors.ts';
import { csvRecords } from './csvRecords.ts';
import { badCell, layOut, raggedRow, textCell } from './csvLayout.ts';
import type { Heading, ReadTableOptions, TableLayout } from './csvLayout.ts';
import { fileKind, KIND_BYTES } from './fileKinds.ts';
import { HEAD_RECORDS, headingOf, namedHeading, numberedNames } from './heading.ts';
import { isJson, jsonRecords } from './jsonRecords.ts';
import { npyRecords } from './npyRecords.ts';
import { NUMBER } from './numberText.ts';
import { parquetRecords } from './parquetRecords.ts';
import type { ReaderContext, RecordBatch, RecordSource, SourceColumns, TableNotice } from './records.ts';
import { fileError, firstBytes, sourceFile, sourceName } from './sourceFile.ts';
import { requireEncoding, textBlocks, TextSource } from './textBlocks.ts';

export { HEADER_CHOICES } from './csvLayout.ts';
export type { ColumnChoice, HeaderChoice, ReadTableOptions } from './csvLayout.ts';
export type { TableNotice } from './records.ts';

/** Cells as in the file, row by row, and the line of each row, counted from 1. */
export interface TextRows {
  cells: string[][];
  lines: number[];
}

/** Consecutive rows of a table. */
export interface TableChunk {
  /** Names of the C columns, in the order of `values`. */
  columns: string[];
  /** `[rows, C]`, row-major, in the float64 precision of the file; a fresh array for every chunk. */
  values: Float64Array;
  rows: number;
  /** The cells of the text columns. */
  text: TextRows;
  /** Line of the chunk's first row in the file, or its row if the file is not text; counted from 1. */
  firstRow: number;
}

/**
 * Streams a table in bounded memory. Its content decides the format: text with delimiters, JSON lines, Parquet or
 * `.npy`; text may be compressed by gzip.
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
  let firstRow = 1;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    parts.push(chunk.values);
    columns = chunk.columns;
    if (rows === 0) firstRow = chunk.firstRow;
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
  return { columns, values, rows, text, firstRow };
}

function requireOptions({ chunkRows, encoding }: ReadTableOptions): void {
  if (chunkRows !== undefined && !(Number.isSafeInteger(chunkRows) && chunkRows >= 1)) {
    throw new ShapeError('chunkRows', String(chunkRows), 'a positive integer');
  }
  if (encoding !== undefined) requireEncoding(encoding);
}

/** Opens the reader of the file's format. */
async function openRecords(source: string, options: ReadTableOptions): Promise<RecordSource> {
  const { name, path } = await sourceFile(source);
  const context: ReaderContext = {
    file: name,
    encoding: options.encoding,
    notify: (notice) => options.onNotice?.(notice),
  };
  const kind = fileKind(name, await firstBytes(path, KIND_BYTES));
  if (kind === 'parquet') return parquetRecords(path, context);
  if (kind === 'npy') return npyRecords(path, context);
  const text = new TextSource(textBlocks(path, kind === 'gzip', context));
  try {
    const { bytes } = await text.head(KIND_BYTES);
    return await (isJson(bytes) ? jsonRecords(text, context) : csvRecords(text, context));
  } catch (error) {
    await text.close();
    throw error;
  }
}

/** Which cells of a record are read. */
interface RowForm extends TableLayout {
  /** Empty cells at the end of each record. */
  spare: number;
}

/** Turns records into chunks. */
class RowCollector {
  readonly #file: string;
  readonly #columns: SourceColumns;
  readonly #request: ReadTableOptions;
  readonly #chunks: TableChunk[] = [];
  /** The first records, until the heading is known. */
  #head: RecordBatch = { records: [], lines: [] };
  #form: RowForm | undefined;
  #rows = 0;
  #chunk: TableChunk | undefined;

  constructor(file: string, columns: SourceColumns, request: ReadTableOptions) {
    this.#file = file;
    this.#columns = columns;
    this.#request = request;
  }

  add(batch: RecordBatch): void {
    if (this.#form !== undefined) return this.#readRecords(batch, this.#form, 0);
    const { records, lines } = this.#head;
    this.#head = { records: records.concat(batch.records), lines: lines.concat(batch.lines) };
    if (this.#head.records.length >= HEAD_RECORDS) this.#begin();
  }

  /** Closes the last chunk. @throws {DataError} if there were no rows */
  finish(): void {
    if (this.#form === undefined) this.#begin();
    if (this.#rows === 0) {
      throw new DataError(
        'found a header and no rows under it, expected at least one row of numbers',
        { file: this.#file },
        'If the first line is data, write its cells as plain numbers.',
      );
    }
    if (this.#chunk) this.#closeChunk(this.#chunk);
  }

  *takeChunks(): Generator<TableChunk> {
    yield* this.#chunks.splice(0);
  }

  #begin(): void {
    const { records, lines } = this.#head;
    if (records.length === 0) throw new DataError('found no rows, expected a table', { file: this.#file });
    const sample = { records: records.slice(0, HEAD_RECORDS), lines: lines.slice(0, HEAD_RECORDS) };
    const heading = this.#headingOf(sample);
    this.#form = { spare: heading.spare, ...layOut(this.#file, heading, this.#request) };
    this.#readRecords(this.#head, this.#form, heading.skipped);
    this.#head = { records: [], lines: [] };
  }

  #headingOf(sample: RecordBatch): Heading {
    const columns = this.#columns;
    const { header, onNotice } = this.#request;
    const notify = (notice: TableNotice): void => onNotice?.(notice);
    switch (columns.kind) {
      case 'unknown':
        return headingOf(this.#file, sample, { header, comment: columns.comment }, notify);
      case 'named':
        return namedHeading(this.#file, columns.names, sample, notify);
      case 'numbered':
        return { names: numberedNames(columns.count), hasNames: false, skipped: 0, spare: 0, index: [] };
    }
  }

  #readRecords({ records, lines }: RecordBatch, form: RowForm, start: number): void {
    for (let at = start; at < records.length; at++) this.#readRecord(records[at] ?? [], form, lines[at] ?? 0);
  }

  #readRecord(record: string[], form: RowForm, line: number): void {
    const { names, spare, positions, textPositions, columns, chunkRows } = form;
    if (record.length !== names.length + spare || (spare > 0 && record[names.length] !== '')) {
      throw raggedRow(this.#file, record.length, names, line);
    }
    this.#chunk ??= {
      columns,
      values: new Float64Array(chunkRows * columns.length),
      rows: 0,
      text: { cells: [], lines: [] },
      firstRow: line,
    };
    const { values } = this.#chunk;
    let slot = this.#chunk.rows * columns.length;
    for (const position of positions) {
      const cell = record[position] ?? '';
      const value = NUMBER.test(cell) ? Number(cell) : NaN;
      if (!Number.isFinite(Math.fround(value))) throw badCell(this.#file, cell, line, names[position]);
      values[slot++] = value;
    }
    if (textPositions.length > 0) {
      const { emptyText = false } = this.#request;
      const { cells, lines } = this.#chunk.text;
      const cellAt = (at: number): string =>
        textCell(this.#file, record[at] ?? '', line, names[at], emptyText);
      cells.push(textPositions.map(cellAt));
      lines.push(line);
    }
    this.#rows++;
    this.#chunk.rows++;
    if (this.#chunk.rows === chunkRows) this.#closeChunk(this.#chunk);
  }

  #closeChunk(chunk: TableChunk): void {
    const length = chunk.rows * chunk.columns.length;
    const values = length === chunk.values.length ? chunk.values : chunk.values.slice(0, length);
    this.#chunks.push({ ...chunk, columns: [...chunk.columns], values });
    this.#chunk = undefined;
  }
}

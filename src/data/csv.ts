/** Tables of numbers as delimited text, streamed in float64 and written so that values round-trip. Node only. */
import { Buffer } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { Parser } from 'csv-parse';
import type { Rows } from '../calls/callerArrays.ts';
import { DataError, ShapeError } from '../errors.ts';
import {
  NUMBER,
  asDataError,
  badCell,
  findDelimiter,
  firstLine,
  isHeader,
  layOut,
  raggedRow,
  textCell,
} from './csvLayout.ts';
import type { ReadCsvOptions, TableLayout } from './csvLayout.ts';

export type { ReadCsvOptions } from './csvLayout.ts';

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
  /** Line of the chunk's first row in the file, counted from 1. */
  firstRow: number;
}

/**
 * Streams a table of numbers from a UTF-8 text file in bounded memory.
 *
 * The delimiter is a comma; if the first line has no comma, it is a semicolon or a tab. The first line is a header if
 * any of its cells is not a number. Otherwise the columns are named x1…xC. Blank lines are skipped; cells may be quoted
 * and have spaces around them. A number is decimal, with a point and an optional exponent (`1`, `+1`, `.5`, `1e-3`).
 *
 * @throws {DataError} with file, line and column: no such file, not a text file, no rows, rows of unequal
 * length, a cell that is not a number or beyond what float32 holds, header names that repeat or are empty, an unknown column
 * @throws {ShapeError} if `chunkRows` is not a positive integer
 */
export async function* readCsv(file: string, options: ReadCsvOptions = {}): AsyncGenerator<TableChunk> {
  const source = createReadStream(file);
  let head = Buffer.alloc(0);
  let parser: TableParser | undefined;
  try {
    for await (const block of source as AsyncIterable<Buffer>) {
      if (parser) {
        await parser.feed(block);
      } else {
        head = Buffer.concat([head, block]);
        if (head.length < HEAD_BYTES && !firstLine(head).complete) continue;
        parser = new TableParser(file, findDelimiter(file, head), options);
        await parser.feed(head);
      }
      yield* parser.takeChunks();
    }
    if (!parser) {
      parser = new TableParser(file, findDelimiter(file, head), options);
      await parser.feed(head);
    }
    await parser.finish();
    yield* parser.takeChunks();
  } catch (error) {
    throw asDataError(file, error);
  } finally {
    source.destroy();
  }
}

/**
 * All rows of {@link readCsv}'s chunks as one array: `values` is `[rows, columns]`, row-major.
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

/** The header line, with its newline; names are quoted if {@link readCsv} needs it. */
export function csvHeader(columns: readonly string[]): string {
  return `${columns.map(csvText).join(',')}\n`;
}

/** A text cell, quoted if {@link readCsv} needs it. */
export function csvText(text: string): string {
  const needsQuotes = /[",;\t\r\n]/.test(text) || text.trim() !== text;
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Rows of `[rows, columnCount]` values as lines, each with its newline. Every value is the shortest decimal,
 * at most nine digits long, that reads back as the same float32.
 * @param more further cells of each row, as text
 * @param offset of each column; if it is not 0, values are written so that the same float64 reads back
 */
export function csvRows(
  values: Rows,
  columnCount: number,
  more: readonly (readonly string[])[] = [],
  offset?: Float64Array,
): string {
  if (!Number.isSafeInteger(columnCount) || columnCount < 1 || values.length % columnCount !== 0) {
    throw new ShapeError('csvRows values', `${values.length} values`, `rows of ${columnCount} columns`);
  }
  let text = '';
  values.forEach((value: number, index: number) => {
    const column = index % columnCount;
    const isLast = column === columnCount - 1;
    text += (offset?.[column] ?? 0) === 0 ? float32Text(value) : String(value);
    if (isLast) for (const cell of more[Math.floor(index / columnCount)] ?? []) text += `,${csvText(cell)}`;
    text += isLast ? '\n' : ',';
  });
  return text;
}

const HEAD_BYTES = 65536;

/** A longer record means an unclosed quote, or a file that is not a table. */
const MAX_RECORD_CHARACTERS = 16 * 2 ** 20;

/**
 * Collects csv-parse's records into chunks. It overrides `push` because the parser's record callback and
 * object stream cost three times as much as parsing.
 */
class TableParser extends Parser {
  readonly #file: string;
  readonly #request: ReadCsvOptions;
  readonly #chunks: TableChunk[] = [];
  #layout: TableLayout | undefined;
  #rows = 0;
  #chunk: TableChunk | undefined;
  #failure: unknown;

  constructor(file: string, delimiter: string, request: ReadCsvOptions) {
    super({
      delimiter,
      bom: true,
      trim: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: MAX_RECORD_CHARACTERS,
    });
    this.#file = file;
    this.#request = request;
    const { chunkRows } = request;
    if (chunkRows !== undefined && !(Number.isSafeInteger(chunkRows) && chunkRows >= 1)) {
      throw new ShapeError('chunkRows', String(chunkRows), 'a positive integer');
    }
    // The write callback reports the same error; without a listener it would also end the process.
    this.on('error', () => {});
  }

  async feed(block: Buffer): Promise<void> {
    await new Promise<void>((resolve) => this.write(block, (error) => this.#settle(error, resolve)));
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Parses the rest and closes the last chunk. @throws {DataError} if there were no rows */
  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.once('error', (error) => this.#settle(error, resolve));
      this.end(() => resolve());
    });
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#layout) {
      throw new DataError('found no rows, expected a table of numbers', { file: this.#file });
    }
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

  override push(record: string[] | null): boolean {
    // An exception must not cross the parser, which would be left in a broken state.
    if (record === null || this.#failure !== undefined) return true;
    try {
      this.#readRecord(record, this.info.lines);
    } catch (error) {
      this.#failure = error;
    }
    return true;
  }

  #settle(error: unknown, resolve: () => void): void {
    if (error) this.#failure ??= error;
    resolve();
  }

  #readRecord(record: string[], line: number): void {
    if (!this.#layout) {
      const header = isHeader(this.#file, record, line);
      const names = header ? record : record.map((_, index) => `x${index + 1}`);
      this.#layout = layOut(this.#file, names, header ? line : undefined, this.#request);
      if (header) return;
    }
    const { names, positions, textPositions, columns, chunkRows } = this.#layout;
    if (record.length !== names.length) throw raggedRow(this.#file, record.length, names, line);
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
      const { cells, lines } = this.#chunk.text;
      cells.push(textPositions.map((at) => textCell(this.#file, record[at] ?? '', line, names[at])));
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

/** These are exact, so dividing an integer by one gives the double nearest to the decimal. */
const EXACT_POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** A normal float32 keeps six digits, and nine digits identify any of them: the first match is the shortest. */
function float32Text(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  for (let digits = magnitude < -37 ? 1 : 6; digits <= 9; digits++) {
    const decimals = digits - 1 - magnitude;
    const scale = EXACT_POWERS_OF_TEN[decimals];
    const candidate =
      scale === undefined ? Number(value.toPrecision(digits)) : Math.round(value * scale) / scale;
    if (Math.fround(candidate) === value) return String(candidate);
  }
  return String(value);
}

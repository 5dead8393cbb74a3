/** Finds the layout of a table from the beginning of its CSV file, and builds messages for bad files. */
import type { Buffer } from 'node:buffer';
import { CsvError } from 'csv-parse';
import { DataError } from '../errors.ts';

export interface ReadCsvOptions {
  /**
   * Columns to read, in this order, or a function that chooses them; by default all. Cells of other columns
   * are ignored.
   */
  columns?: readonly string[] | ColumnChoice;
  /** Further columns to read as text; `columns` cannot choose them. */
  text?: readonly string[];
  /** Rows per chunk (the last may have fewer); by default 65536, or fewer so that a chunk stays within 16 MiB. */
  chunkRows?: number;
}

/**
 * Chooses columns once the first line is known.
 * @param names the columns of the file, x1…xC if `hasHeader` is false
 */
export type ColumnChoice = (names: readonly string[], hasHeader: boolean) => readonly string[];

/** The cells of a record that are read. */
export interface TableLayout {
  /** Names of all columns of the file. */
  names: string[];
  /** Position in a record of each column that is read. */
  positions: number[];
  /** The positions of the columns that are read as text. */
  textPositions: number[];
  columns: string[];
  chunkRows: number;
}

const DEFAULT_CHUNK_ROWS = 65536;
const DEFAULT_CHUNK_VALUES = 2 ** 22;
/** A decimal number, with a point and an optional exponent. Each digit matches in only one way: cells may be long. */
export const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const NEARLY_NUMBER = /^[+-]?[\d.]+(?:[eE][+-]?\d+)?$/;
/** Like 7,482 or 1'234'567.8 or 1,23,456: groups of digits, the last of three, with an optional decimal point. */
const GROUPED = /^[+-]?[1-9]\d{0,2}([,'’_\s])(?:\d{2,3}\1)*\d{3}(?:\.\d*)?$/;
/** Like 1.234,56 or 1.234.567 or 1 234,5: groups of digits with an optional decimal comma. */
const GROUPED_WITH_COMMA = /^[+-]?[1-9]\d{0,2}([.'’_\s])(?:\d{2,3}\1)*\d{3}(?:,\d*)?$/;
const DECIMAL_COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?$/;
/** Names are printed, and such a character could steer a terminal. */
const CONTROL_CHARACTER = /\p{Cc}/u;
const MISSING_VALUE = /^(?:[+-]?(?:nan|inf|infinity)|na|n\/a|null|none|\?)$/i;

/** The first nonblank line, as far as `head` contains it; a line break inside quotes does not end it. */
export function firstLine(head: Buffer): { text: string; complete: boolean } {
  const text = head.toString('utf8').replace(/^\uFEFF?\s*/, '');
  const match = /^(?:[^"\r\n]|"[^"]*(?:"|$))*/.exec(text);
  const line = match?.[0] ?? '';
  return { text: line, complete: line.length < text.length };
}

/** The delimiter of the first line: comma, semicolon or tab. @throws {DataError} if the file is not text */
export function findDelimiter(file: string, head: Buffer): string {
  const advice = 'Give a UTF-8 text file with one row per line and cells separated by commas.';
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') {
    throw new DataError('found a Parquet file, expected a CSV text file', { file }, advice);
  }
  if (head[0] === 0x1f && head[1] === 0x8b) {
    throw new DataError('found a gzip file, expected a CSV text file', { file }, 'Unpack it first.');
  }
  if (head.includes(0)) {
    throw new DataError('found binary data (NUL bytes), expected a CSV text file', { file }, advice);
  }
  return delimiterOf(firstLine(head).text);
}

/** The delimiter of a first line: comma, semicolon or tab, unless the commas are decimal commas. */
export function delimiterOf(line: string): string {
  const unquoted = line.replace(/"[^"]*"?/g, '');
  const present = [',', ';', '\t'].filter((delimiter) => unquoted.includes(delimiter));
  const isNumber = (cell: string): boolean => NUMBER.test(cell) || DECIMAL_COMMA.test(cell);
  const parts = (delimiter: string): string[] => unquoted.split(delimiter).map((cell) => cell.trim());
  const [first = ',', ...others] = present;
  return others.find((delimiter) => parts(delimiter).every(isNumber)) ?? first;
}

/** @throws {DataError} if a cell holds several numbers, so that no known delimiter splits them */
export function requireParted(file: string, record: readonly string[], row: number): void {
  const packed = record.find((cell) => {
    const parts = cell.split(/[\s;|]+/);
    const isOne = record.length > 1 && isGrouped(cell);
    return parts.length > 1 && !isOne && parts.every((part) => NEARLY_NUMBER.test(part));
  });
  if (packed === undefined) return;
  throw new DataError(
    `found ${quote(packed)}, expected one number or one column name in each cell`,
    { file, row },
    'Separate cells by commas, semicolons or tabs; write decimals with a point, and thousands without a separator.',
  );
}

/** Whether the first record names the columns. @throws {DataError} if it is neither names nor numbers */
export function isHeader(file: string, record: readonly string[], row: number): boolean {
  requireParted(file, record, row);
  if (record.every((cell) => NUMBER.test(cell))) return false;
  const isForeign = (cell: string): boolean => isGrouped(cell) || DECIMAL_COMMA.test(cell);
  const foreign = record.find(isForeign);
  if (foreign !== undefined && record.every((cell) => NUMBER.test(cell) || isForeign(cell))) {
    throw badCell(file, foreign, row, undefined);
  }
  const steering = record.find((cell) => CONTROL_CHARACTER.test(cell));
  if (steering !== undefined) {
    throw new DataError(
      `found the column name ${quote(steering)} with a control character, expected plain text`,
      { file, row },
      'Rename the column.',
    );
  }
  const empty = record.indexOf('');
  if (empty >= 0) {
    throw new DataError(
      `found an empty cell (the ${ordinal(empty + 1)} of ${record.length}) in the first line, expected a name or a number`,
      { file, row },
      'Name every column; a table written by pandas needs to_csv(..., index=False).',
    );
  }
  const missing = record.find((cell) => MISSING_VALUE.test(cell));
  if (missing !== undefined && record.some((cell) => NUMBER.test(cell))) {
    throw new DataError(
      `found ${quote(missing)} among numbers in the first line, expected all names or all finite numbers`,
      { file, row },
      'Remove rows with missing values.',
    );
  }
  return true;
}

/** Finds the requested columns among `names`. @throws {DataError} if one is unknown, or names repeat */
export function layOut(
  file: string,
  names: string[],
  headerRow: number | undefined,
  request: ReadCsvOptions,
): TableLayout {
  const repeated = firstRepeated(names);
  if (repeated !== undefined) {
    const where = headerRow === undefined ? { file } : { file, row: headerRow };
    throw new DataError(
      `found the column name ${quote(repeated)} more than once, expected different names`,
      where,
      'Rename one of the columns.',
    );
  }
  const text = request.text ?? [];
  const isText = new Set(text);
  const numeric = names.filter((name) => !isText.has(name));
  const asked =
    typeof request.columns === 'function'
      ? request.columns(numeric, headerRow !== undefined)
      : request.columns;
  const columns = asked ? [...asked] : numeric;
  const thereAre = `The columns are: ${listed(names)}.`;
  if (columns.length === 0 && text.length === 0) {
    throw new DataError('found an empty list of columns to read, expected at least one', { file }, thereAre);
  }
  const read = [...columns, ...text];
  const twice = firstRepeated(read);
  if (twice !== undefined) {
    throw new DataError(
      `the column ${quote(twice)} was asked for more than once, expected different columns`,
      { file },
      thereAre,
    );
  }
  const places = new Map(names.map((name, place) => [name, place]));
  const positionOf = (column: string): number => {
    const position = places.get(column);
    if (position === undefined) {
      const guess = headerRow === undefined ? ' The file has no header, so its columns are numbered.' : '';
      throw new DataError('found no such column', { file, column }, `${thereAre}${guess}`);
    }
    return position;
  };
  const [positions, textPositions] = [columns.map(positionOf), text.map(positionOf)];
  const fitting = Math.max(1, Math.floor(DEFAULT_CHUNK_VALUES / columns.length));
  const chunkRows = request.chunkRows ?? Math.min(DEFAULT_CHUNK_ROWS, fitting);
  return { names, positions, textPositions, columns, chunkRows };
}

/** The first name that repeats an earlier one. The set matters: with 100,000 names a pairwise search takes minutes. */
export function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** A cell of a text column. @throws {DataError} if it is empty or has control characters */
export function textCell(file: string, cell: string, row: number, column: string | undefined): string {
  const where = { file, row, column };
  if (cell === '') {
    throw new DataError('found an empty cell, expected a value', where, 'Fill it in or remove the row.');
  }
  if (CONTROL_CHARACTER.test(cell)) {
    throw new DataError(`found ${quote(cell)} with a control character, expected plain text`, where);
  }
  return cell;
}

/** A row with `found` cells instead of one per name. */
export function raggedRow(file: string, found: number, names: readonly string[], row: number): DataError {
  return new DataError(
    `found ${found} ${found === 1 ? 'cell' : 'cells'}, expected ${names.length} as in the first line`,
    { file, row, column: names[found] },
    found > names.length
      ? 'Remove the extra cells; write decimals with a point, and thousands without a separator.'
      : 'Complete or remove the row.',
  );
}

/** A cell that is not a finite float32. */
export function badCell(file: string, cell: string, row: number, column: string | undefined): DataError {
  const where = { file, row, column };
  if (cell === '') {
    return new DataError('found an empty cell, expected a number', where, 'Fill it in or remove the row.');
  }
  if (NUMBER.test(cell)) {
    return new DataError(
      `found ${quote(cell)}, expected a number within ±3.4e38, the range of float32`,
      where,
      'Rescale the column.',
    );
  }
  if (MISSING_VALUE.test(cell)) {
    return new DataError(`found ${quote(cell)}, expected a finite number`, where, 'Remove the row.');
  }
  return new DataError(`found ${quote(cell)}, expected a number`, where, adviceFor(cell));
}

function adviceFor(cell: string): string {
  if (isGrouped(cell)) {
    const otherwise = /^[^,.]*,\d{3}$/.test(cell)
      ? ' If this comma is a decimal one, put a point in its place.'
      : /\s/.test(cell)
        ? ' If these are several numbers, put commas between them.'
        : '';
    return `Remove the thousands separators, so that it is ${quote(ungrouped(cell))}.${otherwise}`;
  }
  if (DECIMAL_COMMA.test(cell)) return 'Write decimals with a point.';
  return 'Correct the cell, or read only number columns.';
}

/** Whether a cell is a number with thousands separators; one with only a point, like 1.234, is a decimal. */
function isGrouped(cell: string): boolean {
  return !NUMBER.test(cell) && (GROUPED.test(cell) || GROUPED_WITH_COMMA.test(cell));
}

function ungrouped(cell: string): string {
  const isCommaDecimal = !GROUPED.test(cell);
  const digits = cell.replace(isCommaDecimal ? /[.'’_\s]/g : /[,'’_\s]/g, '');
  return isCommaDecimal ? digits.replace(',', '.') : digits;
}

/** Turns an error of csv-parse or the file system into a sentence about the file; returns other errors unchanged. */
export function asDataError(file: string, error: unknown): unknown {
  if (error instanceof CsvError) {
    const row = typeof error['lines'] === 'number' ? error['lines'] : undefined;
    const problem =
      error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE'
        ? 'found a quoted cell that is never closed, expected a closing quote'
        : 'found a quote inside a cell, expected quotes only around a whole cell';
    return new DataError(problem, { file, row }, 'Close the quote, or double a literal quote.');
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new DataError('found no such file, expected a CSV file', { file }, 'Check the path.');
  }
  if (code === 'EISDIR') {
    return new DataError('found a folder, expected a CSV file', { file }, 'Give one file inside it.');
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new DataError('found no permission to read the file', { file }, 'Check its permissions.');
  }
  return error;
}

function quote(text: string): string {
  // JSON has no escape for the control characters above the first 32.
  return JSON.stringify(cut(text)).replace(/\p{Cc}/gu, '?');
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(cut).join(', ');
  return names.length > 20 ? `${shown}, … (${names.length} in all)` : shown;
}

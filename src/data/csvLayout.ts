/** The layout of a table, and messages for bad cells. */
import { DataError } from '../errors.ts';
import { DECIMAL_COMMA, isGrouped, MISSING_VALUE, NEARLY_NUMBER, NUMBER, ungrouped } from './numberText.ts';
import type { ImageForm } from './images/imageForm.ts';
import type { TableNotice } from './records.ts';

export interface ReadTableOptions {
  /**
   * Columns to read, in this order, or a function that chooses them; by default all but an index of the rows. Cells
   * of other columns are ignored.
   */
  columns?: readonly string[] | ColumnChoice;
  /** Further columns to read as text; `columns` cannot choose them. */
  text?: readonly string[] | ColumnChoice;
  /** Columns whose cells go along as the table has them, whether they are read or not; blank ones too. */
  kept?: readonly string[] | ColumnChoice;
  /** Whether text columns may have empty cells; by default they are refused. */
  emptyText?: boolean;
  /** Rows per chunk (the last may have fewer); by default 65536, or fewer for many columns: see `chunkCells`. */
  chunkRows?: number;
  /** Most cells of a chunk that are read; by default 4,194,304. A cell of text takes about 50 bytes. */
  chunkCells?: number;
  /** Whether the first line of a text file has the names of the columns; by default its cells decide. */
  header?: HeaderChoice;
  /** Name of a text file's encoding; by default its bytes decide. */
  encoding?: string;
  /** What to do with images: their shape, and a column of labels. */
  images?: ImageForm;
  /** Rows to read; the others are skipped unseen. */
  range?: RowRange;
  /** Takes remarks on how the table was read. */
  onNotice?: (notice: TableNotice) => void;
}

/** Rows from the index `first` to before `end`. */
export interface RowRange {
  first: number;
  end: number;
}

export const HEADER_CHOICES = ['auto', 'yes', 'no'] as const;
export type HeaderChoice = (typeof HEADER_CHOICES)[number];

/**
 * Chooses columns once the first line is known.
 * @param names the columns of the file without an index of the rows, x1…xC if `hasHeader` is false
 * @param all with the index
 */
export type ColumnChoice = (
  names: readonly string[],
  hasHeader: boolean,
  all: readonly string[],
) => readonly string[];

/** The columns of a table and where its rows begin. */
export interface Heading {
  /** The name of each cell of a row; x1…xC if the table has none. */
  names: string[];
  hasNames: boolean;
  /** Line of the header, if there is one. */
  row?: number;
  /** Records of the head before the first row: 0 or 1. */
  skipped: number;
  /** Empty cells at the end of each row, after those of the columns. */
  spare: number;
  /** Columns that only number or name the rows; they are left out unless asked for. */
  index: string[];
}

/** The cells of a record that are read. */
export interface TableLayout {
  /** Names of all columns of the file. */
  names: string[];
  /** Position in a record of each column that is read. */
  positions: number[];
  /** The positions of the columns that are read as text. */
  textPositions: number[];
  /** The positions of the columns that go along; undefined if none were asked for. */
  keptPositions?: number[];
  columns: string[];
  chunkRows: number;
}

const DEFAULT_CHUNK_ROWS = 65536;
const DEFAULT_CHUNK_CELLS = 2 ** 22;
/** Names are printed, and such a character could steer a terminal. */
export const CONTROL_CHARACTER = /\p{Cc}/u;

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

/** Finds the requested columns among those of the table. @throws {DataError} if one is unknown, or names repeat */
export function layOut(
  file: string,
  { names, row, hasNames, index }: Heading,
  request: ReadTableOptions,
): TableLayout {
  const repeated = firstRepeated(names);
  if (repeated !== undefined) {
    throw new DataError(
      `found the column name ${quote(repeated)} more than once, expected different names`,
      { file, row },
      'Rename one of the columns.',
    );
  }
  const offered = names.filter((name) => !index.includes(name));
  const chosen = (choice: readonly string[] | ColumnChoice | undefined, from: readonly string[]) =>
    typeof choice === 'function' ? choice(from, hasNames, names) : choice;
  const text = [...(chosen(request.text, offered) ?? [])];
  const isText = new Set(text);
  const numeric = offered.filter((name) => !isText.has(name));
  const columns = [...(chosen(request.columns, numeric) ?? numeric)];
  const kept = chosen(request.kept, offered);
  const thereAre = `The columns are: ${listed(names)}.`;
  if (columns.length === 0 && text.length === 0 && kept === undefined) {
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
      const guess = hasNames ? '' : ' The file has no header, so its columns are numbered.';
      throw new DataError('found no such column', { file, column }, `${thereAre}${guess}`);
    }
    return position;
  };
  const [positions, textPositions] = [columns.map(positionOf), text.map(positionOf)];
  const keptPositions = kept?.map(positionOf);
  const { chunkCells = DEFAULT_CHUNK_CELLS } = request;
  const fitting = Math.max(1, Math.floor(chunkCells / (read.length + (kept?.length ?? 0))));
  const chunkRows = request.chunkRows ?? Math.min(DEFAULT_CHUNK_ROWS, fitting);
  return { names, positions, textPositions, ...(keptPositions && { keptPositions }), columns, chunkRows };
}

/** The first name that repeats an earlier one. The set matters: with 100,000 names a pairwise search takes minutes. */
export function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

/** A cell of a text column. @throws {DataError} if it has control characters, or is empty and may not be */
export function textCell(
  file: string,
  cell: string,
  row: number,
  column: string | undefined,
  mayBeEmpty = false,
): string {
  const where = { file, row, column };
  if (cell === '' && !mayBeEmpty) {
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

/** A cell or name in a message. */
export function quote(text: string): string {
  // JSON has no escape for the control characters above the first 32.
  return JSON.stringify(cut(text)).replace(/\p{Cc}/gu, '?');
}

function cut(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

export function ordinal(n: number): string {
  const suffix = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(cut).join(', ');
  return names.length > 20 ? `${shown}, … (${names.length} in all)` : shown;
}

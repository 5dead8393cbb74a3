/** Finds the names of a text table's columns in its first records. */
import { DataError } from '../errors.ts';
import { CONTROL_CHARACTER, ordinal, quote, requireParted } from './csvLayout.ts';
import type { HeaderChoice, Heading } from './csvLayout.ts';
import { isFormula } from './formula.ts';
import { firstLineIsHeader } from './firstLine.ts';
import { isForeignNumber, NUMBER } from './numberText.ts';
import type { CommentLine, RecordBatch, TableNotice } from './records.ts';

/** Records that are enough for {@link headingOf}. */
export const HEAD_RECORDS = 100;

/**
 * The heading of a text table.
 * @param head the first records: {@link HEAD_RECORDS}, or all
 * @throws {DataError} if the first line is neither names nor a row, or lies above the table
 */
export function headingOf(
  file: string,
  { records, lines }: RecordBatch,
  { header = 'auto', comment }: { header?: HeaderChoice; comment?: CommentLine },
  notify: (notice: TableNotice) => void,
): Heading {
  const [first = [], ...below] = records;
  const row = lines[0] ?? 1;
  requireParted(file, first, row);
  if (header !== 'no') requireNoTitle(file, records, lines);
  const named = header === 'no' ? undefined : commentNames(first, comment);
  if (named !== undefined) {
    notify({
      kind: 'note',
      message: `${file}: the names of the columns come from the comment in line ${named.line}`,
    });
    return headed(file, named.cells, named.line, records, 0, notify);
  }
  const isHeader = header === 'auto' ? firstLineIsHeader(file, first, below, notify) : header === 'yes';
  if (isHeader) return headed(file, first, row, below, 1, notify);
  const spare = hasSpareCell(records, first.length - 1) ? 1 : 0;
  const names = numberedNames(first.length - spare);
  return { names, hasNames: false, skipped: 0, spare, index: [] };
}

/** The heading of a table whose format names the columns. @throws {DataError} for a name that is empty or no text */
export function namedHeading(
  file: string,
  names: string[],
  { records }: RecordBatch,
  notify: (notice: TableNotice) => void,
): Heading {
  requireNames(file, names, undefined);
  warnOfFormulas(file, names, notify);
  return { names, hasNames: true, skipped: 0, spare: 0, index: indexOf(file, names, records, false, notify) };
}

/** x1, x2, … */
export function numberedNames(count: number): string[] {
  return Array.from({ length: count }, (_, place) => `x${place + 1}`);
}

/** Refuses control characters and empty names. */
function requireNames(file: string, names: readonly string[], row: number | undefined): void {
  const steering = names.find((name) => CONTROL_CHARACTER.test(name));
  if (steering !== undefined) {
    throw new DataError(
      `found the column name ${quote(steering)} with a control character, expected plain text`,
      { file, row },
      'Rename the column.',
    );
  }
  const empty = names.indexOf('');
  if (empty < 0) return;
  throw new DataError(
    `found an empty cell (the ${ordinal(empty + 1)} of ${names.length}) in the first line, expected a name or a number`,
    { file, row },
    'Name every column.',
  );
}

function warnOfFormulas(file: string, names: readonly string[], notify: (notice: TableNotice) => void): void {
  const formula = names.find(isFormula);
  if (formula === undefined) return;
  const message = `${file}: the column name ${quote(formula)} looks like a formula, and a spreadsheet that opens an output may run it; rename the column`;
  notify({ kind: 'warning', message });
}

/** The names that pandas gives an index without one. */
const UNNAMED = 'Unnamed: 0';
const INDEX_NAME = /^(?:Unnamed: 0(?:\.\d+)*|__index_level_\d+__)$/;

function headed(
  file: string,
  cells: readonly string[],
  row: number,
  rows: readonly string[][],
  skipped: number,
  notify: (notice: TableNotice) => void,
): Heading {
  const names = [...cells];
  let spare = hasSpareCell(rows, names.length) ? 1 : 0;
  if (names.length > 1 && names.at(-1) === '' && spare === 0) {
    const isShort = rows.every((record) => record.length === names.length - 1);
    if (isShort || hasSpareCell(rows, names.length - 1)) {
      names.pop();
      spare = isShort ? 0 : 1;
    }
  }
  const hasRowNames = spare === 0 && namesRows(rows, names.length);
  if (hasRowNames) names.unshift(UNNAMED);
  else if (names[0] === '' && isIndex(rows, 0)) names[0] = UNNAMED;
  requireNames(file, names, row);
  warnOfFormulas(file, names, notify);
  const index = indexOf(file, names, rows, hasRowNames, notify);
  return { names, hasNames: true, row, skipped, spare, index };
}

/** The columns that number or name the rows, which a note reports. */
function indexOf(
  file: string,
  names: readonly string[],
  rows: readonly string[][],
  areRowNames: boolean,
  notify: (notice: TableNotice) => void,
): string[] {
  const index = names.filter((name, place) => INDEX_NAME.test(name) && isIndex(rows, place));
  const [first] = index;
  if (first === undefined) return [];
  const what = areRowNames
    ? 'the first cell of each row is its name'
    : `${index.join(', ')} numbers the rows`;
  notify({ kind: 'note', message: `${file}: ${what}, and is left out; --columns can name "${first}"` });
  return index;
}

/** Whether each row has one cell after the first `width`, and it is empty. */
function hasSpareCell(rows: readonly string[][], width: number): boolean {
  return (
    width > 0 && rows.length > 0 && rows.every((cells) => cells.length === width + 1 && cells[width] === '')
  );
}

/** Whether each row has one cell more than the header, because the first is a row name, as R writes it. */
function namesRows(rows: readonly string[][], width: number): boolean {
  if (rows.length === 0 || !rows.every((cells) => cells.length === width + 1) || !isIndex(rows, 0))
    return false;
  const start = Number(rows[0]?.[0]);
  // A single name above two columns of numbers is rather a title, unless the first column counts.
  return width > 1 || Number.isNaN(start) || rows.every(([name], at) => Number(name) === start + at);
}

/** Whether a column has a different whole number, or a different text, in each row. */
function isIndex(rows: readonly string[][], place: number): boolean {
  const cells = rows.map((record) => record[place] ?? '');
  if (cells.length === 0 || new Set(cells).size < cells.length || cells.includes('')) return false;
  return (
    cells.every((cell) => /^\d+$/.test(cell)) ||
    !cells.some((cell) => NUMBER.test(cell) || isForeignNumber(cell))
  );
}

/** The comment above the table, if it names the columns of rows of numbers, as `numpy.savetxt` writes it. */
function commentNames(first: readonly string[], comment: CommentLine | undefined): CommentLine | undefined {
  if (comment === undefined || comment.cells.length !== first.length) return undefined;
  const { cells } = comment;
  const areNames = cells.every((cell) => cell !== '' && !NUMBER.test(cell));
  const isSingle = cells.length > 1 || /^\S+$/.test(cells[0] ?? '');
  return areNames && isSingle && first.some((cell) => NUMBER.test(cell)) ? comment : undefined;
}

/** @throws {DataError} if a title stands above the header */
function requireNoTitle(file: string, records: readonly string[][], lines: readonly number[]): void {
  const [first = [], ...below] = records;
  const width = records.at(-1)?.length ?? 0;
  if (first.length >= width || hasSpareCell(below, first.length) || namesRows(below, first.length)) return;
  const hasNumber = (cells: readonly string[]): boolean => cells.some((cell) => NUMBER.test(cell));
  const isBelow = (cells: readonly string[], at: number): boolean =>
    at > 0 && cells.length === width && records.slice(at).every((record) => record.length === width);
  const start = records.findIndex(isBelow);
  const names = records[start];
  if (names === undefined || start >= records.length - 1 || (hasNumber(names) && first.length > 1)) return;
  const what = hasNumber(names) ? 'the first row' : 'the header';
  throw new DataError(
    `found ${quote(first.join(' '))} above the table, expected the names of the columns or a row`,
    { file, row: lines[0] },
    `Line ${lines[start]} looks like ${what}. Remove the lines above it, or begin them with #.`,
  );
}

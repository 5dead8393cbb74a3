/** Tells whether the first line of a text table names its columns. */
import { isForeignNumber, MISSING_VALUE, NUMBER } from './numberText.ts';
import type { TableNotice } from './records.ts';

/**
 * Whether the first record has names. Numbers may be names too, such as years: then the rows below decide, and a
 * warning says so.
 * @param rows the records below it
 */
export function firstLineIsHeader(
  file: string,
  first: readonly string[],
  rows: readonly (readonly string[])[],
  notify: (notice: TableNotice) => void,
): boolean {
  const warn = (isHeader: boolean): boolean => {
    notify({ kind: 'warning', message: readAs(file, first, isHeader) });
    return isHeader;
  };
  if (first.every(isNumeric)) {
    const likely = numbersAreNames(first, rows);
    return likely === 'clear' ? false : warn(likely === 'names');
  }
  if (!first.some((cell) => NUMBER.test(cell))) return !first.every(isNumeric);
  if (first.every((cell) => isNumeric(cell) || isMissing(cell))) return isNumberedIndex(first, rows);
  if (isRowOfBoth(first, rows)) return warn(false);
  // Names that are nearly all numbers may be a row with a mistake.
  return 2 * first.filter((cell) => NUMBER.test(cell)).length > first.length ? warn(true) : true;
}

/** Cells this rare among the rows do not make a number usual there. */
const RARE = 0.1;
const YEARS = { first: 1800, last: 2100 };
/** A first line 0, 1, 2, … of this many cells numbers its columns, whatever is below. */
const MIN_COUNTED = 8;

/** Whether a first line of numbers has names; `clear` if nothing suggests it. */
function numbersAreNames(
  first: readonly string[],
  rows: readonly (readonly string[])[],
): 'names' | 'row' | 'clear' {
  const names = first.map(Number);
  const isRising = names.every((name, place) => place === 0 || name > (names[place - 1] ?? NaN));
  if (rows.length < 2 || !isRising || !first.every((cell) => /^\d+$/.test(cell))) return 'clear';
  const start = names[0] ?? NaN;
  const isCounted =
    start <= 1 && names.length >= MIN_COUNTED && (names.at(-1) ?? 0) - start === names.length - 1;
  if (isCounted) return 'names';
  const areYears = names.every(isYear);
  if (names.length === 1 && !areYears) return 'clear';
  const columns = names.map((_, place) => numbersOf(rows, place));
  const areUnlike = columns.every((cells) => {
    const share = (is: (value: number) => boolean): number => cells.filter(is).length / cells.length;
    return cells.length > 0 && (share(Number.isInteger) < RARE || (areYears && share(isYear) < RARE));
  });
  if (!areUnlike) return 'clear';
  const areOutside = columns.every((cells, place) => {
    const name = names[place] ?? NaN;
    return cells.every((value) => value < name) || cells.every((value) => value > name);
  });
  if (names.length > 2 || areOutside) return 'names';
  return names.length === 1 ? 'clear' : 'row';
}

function isYear(value: number): boolean {
  return Number.isInteger(value) && value >= YEARS.first && value <= YEARS.last;
}

function numbersOf(rows: readonly (readonly string[])[], place: number): number[] {
  return rows
    .map((row) => row[place] ?? '')
    .filter((cell) => NUMBER.test(cell))
    .map(Number);
}

/** Whether a first line has an empty cell above an index, and numbers for names, as pandas writes unnamed columns. */
function isNumberedIndex(
  [corner, ...names]: readonly string[],
  rows: readonly (readonly string[])[],
): boolean {
  const counts = (cells: readonly string[]): boolean => cells.every((cell, at) => cell === String(at));
  return corner === '' && counts(names) && counts(rows.map((row) => row[0] ?? ''));
}

/** Whether a first line of numbers and text is a row: it has decimals, or a text that is also below it. */
function isRowOfBoth(first: readonly string[], rows: readonly (readonly string[])[]): boolean {
  const decimals = first.filter((cell) => NUMBER.test(cell) && !/^\d+$/.test(cell)).map(Number);
  const isRising = decimals.every((name, place) => place === 0 || name > (decimals[place - 1] ?? NaN));
  const hasDecimals = decimals.length > 0 && !(decimals.length > 2 && isRising);
  const repeatsText = first.some(
    (cell, place) => !isNumeric(cell) && !isMissing(cell) && rows.some((row) => row[place] === cell),
  );
  const isAboveNumbers = first.every(
    (cell, place) =>
      !NUMBER.test(cell) || rows.every((row) => isNumeric(row[place] ?? '') || isMissing(row[place] ?? '')),
  );
  return rows.length > 0 && isAboveNumbers && (hasDecimals || repeatsText);
}

function isNumeric(cell: string): boolean {
  return NUMBER.test(cell) || isForeignNumber(cell);
}

function isMissing(cell: string): boolean {
  return cell === '' || MISSING_VALUE.test(cell);
}

function readAs(file: string, first: readonly string[], isHeader: boolean): string {
  const line = first.join(',');
  const shown = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return `${file}: the first line ${shown} was read as ${isHeader ? 'the names of the columns' : 'a row'}; --header yes|no decides`;
}

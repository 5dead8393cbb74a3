/** Finds what separates the cells of a text table. */
import { DECIMAL_COMMA, NUMBER } from './numberText.ts';

/** The delimiter of a table whose cells are separated by runs of spaces and tabs. */
export const WHITESPACE = ' ';

export const DELIMITERS = [',', ';', '\t', '|'];

/** The delimiter of a first line: comma, semicolon, tab or bar, unless the commas are decimal commas. */
export function delimiterOf(line: string): string {
  const unquoted = withoutQuoted(line);
  const present = DELIMITERS.filter((delimiter) => unquoted.includes(delimiter));
  const parts = (delimiter: string): string[] => unquoted.split(delimiter).map((cell) => cell.trim());
  const [first = ',', ...others] = present;
  return others.find((delimiter) => parts(delimiter).every(isNumber)) ?? first;
}

/**
 * The delimiter of a table's first lines. It is the one that splits all lines into the same number of cells; if there
 * is none, or there are several, the first line decides.
 */
export function findDelimiter(lines: readonly string[]): string {
  const unquoted = lines.map(withoutQuoted);
  const [first = '', ...rest] = unquoted;
  const usual = delimiterOf(first);
  const fitting = DELIMITERS.filter((delimiter) => splitsEvenly(unquoted, delimiter));
  if (fitting.length > 0) return fitting.includes(usual) ? usual : (fitting[0] ?? usual);
  // A title above the table has no delimiter.
  if (!first.includes(usual) && rest.length > 2) {
    const below = DELIMITERS.find((delimiter) => splitsEvenly(rest.slice(1), delimiter));
    if (below !== undefined) return below;
  }
  if (!/[,;|]/.test(first) && isSpaced(unquoted)) return WHITESPACE;
  return usual;
}

/** The cells of a line in which quotes stand only around whole cells. */
export function splitLine(line: string, delimiter: string): string[] {
  const parts = delimiter === WHITESPACE ? line.trim().split(/\s+/) : line.split(delimiter);
  return parts.map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

function withoutQuoted(line: string): string {
  return line.replace(/"[^"]*"?/g, '""');
}

function isNumber(cell: string): boolean {
  return NUMBER.test(cell) || DECIMAL_COMMA.test(cell);
}

/** Whether each line below the first has the same number of cells, two or more, and the first has as many or one less. */
export function splitsEvenly(lines: readonly string[], delimiter: string): boolean {
  const [first = 0, ...rest] = lines.map((line) => line.split(delimiter).length);
  const [width = first] = rest;
  return width > 1 && rest.every((count) => count === width) && (first === width || first === width - 1);
}

/** Whether spaces split the lines evenly, and a column below the first line has only numbers. */
function isSpaced(lines: readonly string[]): boolean {
  const rows = lines.map((line) => line.trim().split(/[ \t]+/));
  const [first = [], ...rest] = rows;
  const width = rest[0]?.length ?? first.length;
  const isEven = rest.every((row) => row.length === width) && width - first.length <= 1;
  if (width < 2 || !isEven || first.length > width) return false;
  const body = rest.length === 0 ? rows : rest;
  return Array.from({ length: width }, (_, place) => place).some((place) =>
    body.every((row) => isNumber(row[place] ?? '')),
  );
}

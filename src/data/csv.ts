/** Tables of numbers as CSV, written so that values round-trip. */
import type { Rows } from '../calls/callerArrays.ts';
import { ShapeError } from '../errors.ts';

/** A cell of a table to write. */
export type Cell = string | number;

/** The header line, with its newline; names are quoted if `readTable` needs it. */
export function csvHeader(columns: readonly string[]): string {
  return `${columns.map(csvText).join(',')}\n`;
}

/** A text cell, quoted if `readTable` needs it. */
export function csvText(text: string): string {
  const needsQuotes = /[",;|\t\r\n]/.test(text) || text.startsWith('#') || text.trim() !== text;
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

/** Rows of texts and numbers as lines, each with its newline. A float32 is its shortest decimal. */
export function csvCells(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\n`).join('');
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return csvText(cell);
  return Math.fround(cell) === cell ? float32Text(cell) : String(cell);
}

/** These are exact, so dividing an integer by one gives the double nearest to the decimal. */
const EXACT_POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** A normal float32 keeps six digits, and nine digits identify any of them: the first match is the shortest. */
export function float32Text(value: number): string {
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

import type { Rows } from '../../src/index.ts';
import type { RowLabels } from '../labels.ts';

/** Rows as CSV text that reads back as the same values, with the labels last. */
export function csvText(columns: readonly string[], rows: Rows, labels?: RowLabels): string {
  const width = columns.length;
  const names = labels === undefined ? columns : [...columns, labels.column.name];
  const levels = labels?.column.levels.map(quoted) ?? [];
  const lines = [names.map(quoted).join(',')];
  const texts = columns.map((_, column) => (isSingle(rows, width, column) ? shortest : String));
  for (let start = 0; start < rows.length; start += width) {
    const cells = texts.map((text, column) => text(rows[start + column] ?? NaN));
    if (labels !== undefined) cells.push(levels[labels.of[start / width] ?? 0] ?? '');
    lines.push(cells.join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Cells of text as CSV. */
export function csvOfCells(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${[names, ...rows].map((row) => row.map(quoted).join(',')).join('\n')}\n`;
}

/** Whether float32 represents every value of a column exactly. */
function isSingle(rows: Rows, width: number, column: number): boolean {
  for (let at = column; at < rows.length; at += width) {
    if (Math.fround(rows[at] ?? 0) !== (rows[at] ?? 0)) return false;
  }
  return true;
}

/** A text cell, quoted if necessary. */
export function quoted(text: string): string {
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The shortest text of a float32: nine digits always suffice, six often do. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

import type { Rows } from '../../src/index.ts';
import type { RowLabels } from '../labels.ts';

/** Rows as a CSV text that reads back as the same values; labels come last. */
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

/** Whether float32 has every value of a column. */
function isSingle(rows: Rows, width: number, column: number): boolean {
  for (let at = column; at < rows.length; at += width) {
    if (Math.fround(rows[at] ?? 0) !== (rows[at] ?? 0)) return false;
  }
  return true;
}

/** A cell of text. */
export function quoted(text: string): string {
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Nine digits tell every two float32 apart; six often do. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

import type { RowLabels } from '../labels.ts';

/** Rows as a CSV text that reads back as the same float32 values; labels come last. */
export function csvText(columns: readonly string[], rows: Float32Array, labels?: RowLabels): string {
  const width = columns.length;
  const names = labels === undefined ? columns : [...columns, labels.column.name];
  const levels = labels?.column.levels.map(quoted) ?? [];
  const lines = [names.map(quoted).join(',')];
  for (let start = 0; start < rows.length; start += width) {
    const cells = Array.from(rows.subarray(start, start + width), shortest);
    if (labels !== undefined) cells.push(levels[labels.of[start / width] ?? 0] ?? '');
    lines.push(cells.join(','));
  }
  return `${lines.join('\n')}\n`;
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

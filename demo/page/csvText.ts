/** Rows as a CSV text that reads back as the same float32 values. */
export function csvText(columns: readonly string[], rows: Float32Array): string {
  const width = columns.length;
  const quoted = (name: string): string =>
    /[",;\t\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
  const lines = [columns.map(quoted).join(',')];
  for (let start = 0; start < rows.length; start += width) {
    lines.push(Array.from(rows.subarray(start, start + width), shortest).join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** Nine digits tell every two float32 apart; six often do. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

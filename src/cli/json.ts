/** JSON for programs. It lacks infinite numbers and NaN; they are the texts `Infinity`, `-Infinity` and `NaN`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'number' ? jsonNumber(member) : member,
  );
}

export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

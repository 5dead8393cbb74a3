/** Lists on the command line: parts between commas; quotes around a part that has one, as in CSV. */
import { parse } from 'csv-parse/sync';

/** The parts of `height,"weight, kg"`, without the spaces around them. */
export function commaList(text: string): string[] {
  const [parts = []]: string[][] = parse(text, { trim: true, relax_quotes: true, relax_column_count: true });
  return parts;
}

/** The parts as such a list. */
export function asCommaList(parts: readonly string[]): string {
  return parts.map((part) => (part.includes(',') ? JSON.stringify(part) : part)).join(', ');
}

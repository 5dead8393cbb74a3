/** Lists on the command line: parts separated by commas; a part with a comma is quoted, as in CSV. */
import { parse } from 'csv-parse/sync';

/** The parts of `height,"weight, kg"`, without surrounding spaces. */
export function commaList(text: string): string[] {
  const [parts = []]: string[][] = parse(text, { trim: true, relax_quotes: true, relax_column_count: true });
  return parts;
}

/** Count of names that a message lists. */
const NAMES_SHOWN = 20;

/** The first names as a comma list, and their count. */
export function listedNames(names: readonly string[]): string {
  const shown = asCommaList(names.slice(0, NAMES_SHOWN).map(shortName));
  return names.length > NAMES_SHOWN ? `${shown}, … (${names.length} in all)` : shown;
}

function shortName(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

/** The parts as a comma list. */
export function asCommaList(parts: readonly string[]): string {
  return parts.map((part) => (part.includes(',') ? JSON.stringify(part) : part)).join(', ');
}

/** Values of a column of numbers that repeat, and so have a share of their own. */
import { formOf } from './forms.ts';
import type { FormName } from './forms.ts';
import type { ColumnProfile, NumberProfile } from './profile.ts';

export interface Atom {
  /** As in its first row. */
  text: string;
  count: number;
}

/** An atom has at least this share of the rows, this many rows, and this many times the rows of the next value. */
const MIN_SHARE = 0.05;
const MIN_ROWS = 10;
const MIN_LEAD = 4;
export const MAX_ATOMS = 4;

/** The atoms besides `known` ones. */
export function atomsOf(column: ColumnProfile, form: FormName, known: readonly Atom[] = []): Atom[] {
  const isKnown = new Set(known.map(({ text }) => text));
  const atoms = valuesOf(column, form).filter(({ text }) => !isKnown.has(text));
  atoms.sort((a, b) => b.count - a.count);
  const isFrequent = ({ count }: Atom): boolean => count >= Math.max(MIN_ROWS, MIN_SHARE * column.rows);
  for (let length = Math.min(MAX_ATOMS, atoms.length - 1); length > 0; length--) {
    const [last, next] = [atoms[length - 1], atoms[length]];
    if (last && next && isFrequent(last) && last.count >= MIN_LEAD * next.count)
      return atoms.slice(0, length);
  }
  return [];
}

const MISSING_CODE = /^-?9{2,}(?:\.0*|\.9)?$/;

/** Numbers such as −999 that repeat at an end of the range, farther from the others than these are from each other. */
export function missingCodes(column: ColumnProfile, form: FormName): Atom[] {
  const found = column.numbers[form];
  if (form !== 'decimal' || found === undefined) return [];
  const values = valuesOf(column, form).filter(({ text, count }) => MISSING_CODE.test(text) && count > 1);
  return values.filter(({ text }) => {
    const code = Number(text);
    const others = withoutAtoms(found, [code]);
    const range = others.max - others.min;
    const gap = code < others.min ? others.min - code : code - others.max;
    return gap > range && range > 0;
  });
}

/** The different numbers of a column, each in the text of its first row. */
function valuesOf({ texts }: ColumnProfile, form: FormName): Atom[] {
  const byNumber = new Map<number, Atom>();
  for (const [text, count] of texts) {
    const value = formOf(form).parse(text);
    if (Number.isNaN(value)) continue;
    const known = byNumber.get(value);
    byNumber.set(value, { text: known?.text ?? text, count: (known?.count ?? 0) + count });
  }
  return [...byNumber.values()];
}

/** The range of the numbers that are no atoms. */
export function withoutAtoms(
  { smallest, largest }: NumberProfile,
  atoms: readonly number[],
): { min: number; max: number; removed: ReadonlySet<number> } {
  const removed = new Set(atoms);
  const isLeft = (value: number): boolean => !removed.has(value);
  return {
    min: smallest.find(isLeft) ?? smallest[0] ?? NaN,
    max: largest.find(isLeft) ?? largest[0] ?? NaN,
    removed,
  };
}

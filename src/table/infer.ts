/** Decides what each column of a table is. */
import { badCell } from '../data/csvLayout.ts';
import { DECIMAL_COMMA, isGrouped } from '../data/numberText.ts';
import { DataError, ShapeError } from '../errors.ts';
import { fromDomain } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';
import { scaleOf } from '../model/domain.ts';
import type { TableColumn } from './columns.ts';
import { FORM_NAMES, formOf } from './forms.ts';
import type { FormName } from './forms.ts';
import type { NumberColumn } from './number.ts';
import type { ColumnProfile, NumberProfile, TableProfile } from './profile.ts';

/** The kinds of `--types`. */
export const COLUMN_KINDS = [
  'real',
  'positive',
  'unit',
  'integer',
  'category',
  'date',
  'day_first',
  'month_first',
  'ignore',
] as const;

export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** What became of a column. */
export interface Inferred {
  name: string;
  /** Undefined if the column is left out. */
  column?: TableColumn;
  /** Why the column is left out. */
  leftOut?: string;
  /** What the user should know. */
  warning?: string;
}

/** A repeating value has at least this share of the rows, and these rows, and is this much more frequent than others. */
const ATOM_SHARE = 0.05;
const MIN_ATOM_ROWS = 10;
const ATOM_LEAD = 4;
const MAX_ATOMS = 4;
/** Whole numbers are counted one by one if each has so many rows on average. */
const ROWS_PER_COUNT = 15;
const MAX_COUNTS = 4096;
const MAX_LEVELS = 1000;
/** A real column with so many rows per value is probably discrete. */
const DISCRETE_ROWS = 10;
/** Nats per row by which a bounded domain must fit better than the real line. */
const DOMAIN_GAIN = 0.25;

/**
 * @param asked the kinds that the user gives, by column
 * @param isChosen whether the user chose the columns, so that none is left out
 * @throws {DataError} naming a cell or column that cannot be read as its kind
 */
export function inferColumns(
  file: string,
  profile: TableProfile,
  {
    asked = new Map(),
    isChosen = false,
  }: { asked?: ReadonlyMap<string, ColumnKind>; isChosen?: boolean } = {},
): Inferred[] {
  requireKnown(profile, asked);
  return profile.columns.map((column, place) => {
    const kind = asked.get(column.name);
    const sample = profile.sample.map((row) => row[place] ?? '');
    return inferColumn({ file, column, kind, sample, mayLeaveOut: !isChosen && kind === undefined });
  });
}

function requireKnown({ columns }: TableProfile, asked: ReadonlyMap<string, ColumnKind>): void {
  const known = new Set(columns.map(({ name }) => name));
  const unknown = [...asked.keys()].find((name) => !known.has(name));
  if (unknown !== undefined) {
    const names = [...known].slice(0, 20).join(', ');
    throw new ShapeError('--types', `the column "${unknown}"`, `one of ${names}`);
  }
}

interface Question {
  file: string;
  column: ColumnProfile;
  kind: ColumnKind | undefined;
  sample: readonly string[];
  mayLeaveOut: boolean;
}

function inferColumn(question: Question): Inferred {
  const { column, kind, mayLeaveOut } = question;
  const { name, texts, rows, blanks, isRowNumber } = column;
  if (kind === 'ignore') return { name, leftOut: 'as asked' };
  if (column.beyond !== undefined) throw badCell(question.file, column.beyond.cell, column.beyond.line, name);
  const [only] = texts.keys();
  if (only === undefined) return { name, column: { type: 'constant', name, text: '' } };
  if (kind === 'category') return category(question);
  if (texts.size === 1 && blanks === 0) return { name, column: { type: 'constant', name, text: only } };
  if (mayLeaveOut && isRowNumber && rows >= MIN_ATOM_ROWS) return { name, leftOut: 'it numbers the rows' };
  const numeric = numericForm(question);
  if (numeric === undefined) return category(question);
  const { form, labels } = numeric;
  const isIdentifier =
    form === 'decimal' && texts.size === rows && /^(?:.*[_ .])?(?:id|uuid|index|key)$/i.test(name);
  if (mayLeaveOut && isIdentifier && column.numbers.decimal?.isWhole === true) {
    return { name, leftOut: 'it identifies the rows: each value is another' };
  }
  return number(question, form, labels);
}

/** The form of the numbers, and the labels among them that are none. */
function numericForm({ file, column, kind }: Question): { form: FormName; labels: string[] } | undefined {
  const { name, rows, blanks, numbers, texts, misfit } = column;
  const filled = rows - blanks;
  const complete = FORM_NAMES.filter((form) => numbers[form]?.count === filled);
  if (kind === 'day_first' || kind === 'month_first') {
    if (complete.includes(kind)) return { form: kind, labels: [] };
    throw new DataError(`found other texts, expected dates written ${kind.replace('_', ' ')}`, {
      file,
      column: name,
    });
  }
  if (complete.includes('day_first') && complete.includes('month_first')) {
    const [example = ''] = texts.keys();
    throw new DataError(
      `found dates such as ${example}, which may begin with the day or with the month`,
      { file, column: name },
      `Say which: --types "${name}=day_first" or "${name}=month_first".`,
    );
  }
  const [form] = complete;
  if (form !== undefined) return { form, labels: [] };
  const decimal = numbers.decimal?.count ?? 0;
  if (misfit !== undefined && isForeign(misfit.cell)) throw badCell(file, misfit.cell, misfit.line, name);
  if (decimal === 0) return undefined;
  const labels = [...texts].filter(([text]) => Number.isNaN(formOf('decimal').parse(text)));
  const areFrequent = labels.every(([, count]) => count >= Math.max(2, 0.01 * rows));
  if (labels.length <= MAX_ATOMS && areFrequent && decimal >= filled / 2 && !column.hasMore) {
    return { form: 'decimal', labels: labels.map(([label]) => label) };
  }
  if (decimal < 0.8 * filled && kind === undefined) return undefined;
  throw badCell(file, misfit?.cell ?? '', misfit?.line ?? 1, name);
}

/** Whether the cell is a number with thousands separators or a decimal comma, which could be misread. */
function isForeign(cell: string): boolean {
  return isGrouped(cell) || DECIMAL_COMMA.test(cell);
}

function category({ column, mayLeaveOut, file }: Question): Inferred {
  const { name, texts, hasMore, rows, blanks } = column;
  const filled = rows - blanks;
  const isText = hasMore || texts.size > MAX_LEVELS || texts.size > filled / 2;
  if (isText && (mayLeaveOut || hasMore || texts.size > MAX_LEVELS)) {
    const count = `${hasMore ? 'more than ' : ''}${texts.size.toLocaleString('en')} different texts in ${filled.toLocaleString('en')} rows`;
    if (mayLeaveOut) return { name, leftOut: `text: ${count}` };
    throw new DataError(
      `found ${count}, expected at most ${MAX_LEVELS} labels`,
      { file, column: name },
      'Leave the column out.',
    );
  }
  const levels = [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
  if (blanks > 0) levels.unshift(['', blanks]);
  if (levels.length < 2) return { name, column: { type: 'constant', name, text: levels[0]?.[0] ?? '' } };
  const rare = levels.filter(([, count]) => count < 3).map(([level]) => JSON.stringify(level));
  return {
    name,
    column: {
      type: 'category',
      name,
      levels: levels.map(([level]) => level),
      counts: levels.map(([, count]) => count),
    },
    ...(rare.length > 0 && {
      warning: `${name}: ${rare.length === 1 ? 'the label' : 'the labels'} ${rare.slice(0, 5).join(', ')}${rare.length > 5 ? ', …' : ''} ${rare.length === 1 ? 'has' : 'have'} fewer than 3 rows; little can be learned of them.`,
    }),
  };
}

function number(question: Question, form: FormName, labels: readonly string[]): Inferred {
  const { file, column, kind, sample } = question;
  const { name, blanks, texts, hasMore, numbers } = column;
  const found = numbers[form];
  if (found === undefined) throw new RangeError(`${name}: no numbers`);
  const isWhole = found.isWhole && (kind === undefined || kind === 'integer');
  if (kind === 'integer' && !found.isWhole) {
    throw new DataError('found fractions, expected whole numbers (integer)', { file, column: name });
  }
  const [min, max] = [found.smallest[0] ?? NaN, found.largest[0] ?? NaN];
  const isCounted =
    isWhole &&
    form === 'decimal' &&
    labels.length === 0 &&
    max - min < MAX_COUNTS &&
    (max - min < 2 || found.count >= ROWS_PER_COUNT * (max - min + 1));
  if (isCounted) {
    const counts = Array.from({ length: max - min + 1 }, () => 0);
    for (const [text, count] of texts) counts[Number(text) - min] = (counts[Number(text) - min] ?? 0) + count;
    return { name, column: { type: 'count', name, min, counts, blanks } };
  }
  const repeating = kind === undefined ? atomsOf(column, form) : [];
  const atoms = [
    ...(blanks > 0 ? [{ text: '', count: blanks }] : []),
    ...labels.map((text) => ({ text, count: texts.get(text) ?? 0 })),
    ...repeating,
  ];
  const left = withoutAtoms(
    found,
    repeating.map(({ text }) => formOf(form).parse(text)),
  );
  const values = sample
    .map((text) => formOf(form).parse(text))
    .filter((value) => !Number.isNaN(value) && !left.removed.has(value));
  const step = isWhole || formOf(form).step === 1 ? 1 : 0;
  const domain = domainFor(question, { ...found, values, min: left.min, max: left.max, step });
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const std = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(values.length, 1),
  );
  const own: NumberColumn = {
    type: 'number',
    name,
    form,
    domain,
    step,
    min: left.min,
    max: left.max,
    mean,
    std,
    numbers: found.count - repeating.reduce((sum, { count }) => sum + count, 0),
    ...(atoms.length > 0 && {
      atoms: { texts: atoms.map(({ text }) => text), counts: atoms.map(({ count }) => count) },
    }),
  };
  const warning = warningOf({
    name,
    step,
    distinct: texts.size - labels.length - repeating.length,
    hasMore,
    rows: own.numbers,
    repeating,
  });
  return { name, column: own, ...(warning !== undefined && { warning }) };
}

interface Atom {
  text: string;
  count: number;
}

/** The values that repeat far more often than others, in the text of their first row. */
function atomsOf({ texts, rows }: ColumnProfile, form: FormName): Atom[] {
  const byNumber = new Map<number, Atom>();
  for (const [text, count] of texts) {
    const value = formOf(form).parse(text);
    if (Number.isNaN(value)) continue;
    const known = byNumber.get(value);
    byNumber.set(value, { text: known?.text ?? text, count: (known?.count ?? 0) + count });
  }
  const atoms = [...byNumber.values()].sort((a, b) => b.count - a.count);
  const isFrequent = ({ count }: Atom): boolean => count >= Math.max(MIN_ATOM_ROWS, ATOM_SHARE * rows);
  for (let length = Math.min(MAX_ATOMS, atoms.length - 1); length > 0; length--) {
    const [last, next] = [atoms[length - 1], atoms[length]];
    if (last && next && isFrequent(last) && last.count >= ATOM_LEAD * next.count)
      return atoms.slice(0, length);
  }
  return [];
}

/** The range of the numbers that are no atoms. */
function withoutAtoms(
  { smallest, largest }: NumberProfile,
  atoms: readonly number[],
): Range & { removed: ReadonlySet<number> } {
  const removed = new Set(atoms);
  const isLeft = (value: number): boolean => !removed.has(value);
  return {
    min: smallest.find(isLeft) ?? smallest[0] ?? NaN,
    max: largest.find(isLeft) ?? largest[0] ?? NaN,
    removed,
  };
}

interface Range {
  min: number;
  max: number;
}

/** The domain in which the numbers are most like a normal. */
function domainFor(
  { file, column: { name }, kind }: Question,
  {
    values,
    min,
    max,
    minLine,
    maxLine,
    step,
  }: { values: readonly number[]; step: 0 | 1 } & Pick<NumberProfile, 'minLine' | 'maxLine'> & Range,
): Domain {
  if (kind === 'positive' || kind === 'unit') {
    const isInside = min > 0 && (kind === 'positive' || max < 1);
    if (isInside) return kind;
    const isAbove = kind === 'unit' && max >= 1;
    const expected = kind === 'unit' ? 'a number between 0 and 1' : 'a number above 0';
    throw new DataError(`found ${isAbove ? max : min}, expected ${expected} (${kind})`, {
      file,
      row: isAbove ? maxLine : minLine,
      column: name,
    });
  }
  if (kind === 'real' || values.length < MIN_ATOM_ROWS) return 'real';
  const fits: Domain[] = [
    ...(min > 0 || (step === 1 && min === 0) ? ['positive' as const] : []),
    ...(min > 0 && max < 1 ? ['unit' as const] : []),
  ];
  const shifted = step === 1 ? values.map((value) => value + 0.5) : values;
  const real = fitOf(shifted, 'real') + DOMAIN_GAIN;
  const [best] = fits
    .map((domain) => ({ domain, fit: fitOf(shifted, domain) }))
    .sort((a, b) => b.fit - a.fit);
  return best !== undefined && best.fit > real ? best.domain : 'real';
}

/** Mean log-density, up to a constant, of the values under the normal fitted to their images. */
function fitOf(values: readonly number[], domain: Domain): number {
  const scale =
    domain === 'positive' ? scaleOf(values.reduce((sum, value) => sum + value, 0) / values.length) : 1;
  const images = values.map((value) =>
    domain === 'real' ? { image: value, logDerivative: 0 } : fromDomain(domain, value, scale),
  );
  const mean = images.reduce((sum, { image }) => sum + image, 0) / images.length;
  const variance = images.reduce((sum, { image }) => sum + (image - mean) ** 2, 0) / images.length;
  const volume = images.reduce((sum, { logDerivative }) => sum + logDerivative, 0) / images.length;
  return volume - 0.5 * Math.log(variance);
}

const MISSING_CODE = /^-?(?:9{2,}|9{2,}\.0*|9{2,}\.9)$/;

function warningOf({
  name,
  step,
  distinct,
  hasMore,
  rows,
  repeating,
}: {
  name: string;
  step: 0 | 1;
  distinct: number;
  hasMore: boolean;
  rows: number;
  repeating: readonly Atom[];
}): string | undefined {
  const code = repeating.find(({ text }) => MISSING_CODE.test(text));
  if (code !== undefined) {
    return `${name}: ${code.text} in ${code.count.toLocaleString('en')} rows looks like a code for missing. It is kept as a value of its own; leave the cells blank if it is one.`;
  }
  if (step === 0 && !hasMore && distinct * DISCRETE_ROWS < rows) {
    return `${name}: only ${distinct} different values in ${rows.toLocaleString('en')} rows, learned as real numbers. The density between them means nothing and may grow without bound; --types "${name}=category" learns their frequencies.`;
  }
  return undefined;
}

/** Decides what each column of a table is. */
import { badCell } from '../data/csvLayout.ts';
import { DECIMAL_COMMA, isGrouped } from '../data/numberText.ts';
import { DataError, ShapeError } from '../errors.ts';
import { atomsOf, MAX_ATOMS, missingCodes, withoutAtoms } from './atoms.ts';
import type { Atom } from './atoms.ts';
import type { TableColumn } from './columns.ts';
import { likelyDomain } from './likelyDomain.ts';
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

/**
 * What a column is: see docs/command-line.md, "Columns". `day_first` and `month_first` are dates; `ignore` leaves the
 * column out.
 */
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

/** Minimum mean number of rows per whole number, for a share of its own for each. */
const ROWS_PER_COUNT = 15;
const MAX_COUNTS = 4096;
const MAX_LEVELS = 1000;
/** A real column is probably discrete if its values repeat this often on average. */
const DISCRETE_ROWS = 10;
/** A table of fewer rows may number them by chance. */
const MIN_NUMBERED_ROWS = 10;

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
  if (mayLeaveOut && isRowNumber && rows >= MIN_NUMBERED_ROWS)
    return { name, leftOut: 'it numbers the rows' };
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
  const complete = FORM_NAMES.filter((form) => numbers[form]?.count === filled && isFormOf(form, kind));
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
  const isDate = kind !== undefined && !isFormOf('decimal', kind);
  if (isDate) throw otherKind(file, column, kind);
  const decimal = numbers.decimal?.count ?? 0;
  if (misfit !== undefined && isForeign(misfit.cell)) throw badCell(file, misfit.cell, misfit.line, name);
  if (decimal === 0 && kind === undefined) return undefined;
  const labels = [...texts].filter(([text]) => Number.isNaN(formOf('decimal').parse(text)));
  const areFrequent = labels.every(([, count]) => count >= Math.max(2, 0.01 * rows));
  if (labels.length <= MAX_ATOMS && areFrequent && decimal >= filled / 2 && !column.hasMore) {
    return { form: 'decimal', labels: labels.map(([label]) => label) };
  }
  if (decimal < 0.8 * filled && kind === undefined) return undefined;
  throw badCell(file, misfit?.cell ?? '', misfit?.line ?? 1, name);
}

/** Whether a column of this kind may have its numbers in this form. */
function isFormOf(form: FormName, kind: ColumnKind | undefined): boolean {
  const isDate = formOf(form).kind !== undefined;
  if (kind === undefined) return true;
  if (kind === 'date') return isDate;
  return kind === 'day_first' || kind === 'month_first' ? form === kind : !isDate;
}

function otherKind(file: string, { name, texts, misfit }: ColumnProfile, kind: ColumnKind): DataError {
  const [first = ''] = texts.keys();
  return new DataError(
    `found ${JSON.stringify(misfit?.cell ?? first)}, expected dates (${kind}) in every row`,
    { file, row: misfit?.line, column: name },
    'Correct the cells, or give the column another kind by --types.',
  );
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
  const codes = kind === undefined ? missingCodes(column, form) : [];
  const [min, max] = [found.smallest[0] ?? NaN, found.largest[0] ?? NaN];
  const isCounted =
    isWhole &&
    codes.length === 0 &&
    form === 'decimal' &&
    labels.length === 0 &&
    max - min < MAX_COUNTS &&
    (max - min < 2 || found.count >= ROWS_PER_COUNT * (max - min + 1));
  if (isCounted) {
    const counts = Array.from({ length: max - min + 1 }, () => 0);
    for (const [text, count] of texts) counts[Number(text) - min] = (counts[Number(text) - min] ?? 0) + count;
    return { name, column: { type: 'count', name, min, counts, blanks } };
  }
  const repeating = kind === undefined ? [...codes, ...atomsOf(column, form, codes)] : [];
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
  requireInDomain(question, { ...found, ...left });
  const asked = kind === 'positive' || kind === 'unit' || kind === 'real' ? kind : undefined;
  const domain = asked ?? likelyDomain(values, { min: left.min, max: left.max, step });
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
    codes,
  });
  return { name, column: own, ...(warning !== undefined && { warning }) };
}

/** @throws {DataError} naming the line of a number outside the domain that the user gives */
function requireInDomain(
  { file, column: { name }, kind }: Question,
  { min, max, minLine, maxLine }: Pick<NumberProfile, 'minLine' | 'maxLine'> & { min: number; max: number },
): void {
  if (kind !== 'positive' && kind !== 'unit') return;
  if (min > 0 && (kind === 'positive' || max < 1)) return;
  const isAbove = kind === 'unit' && max >= 1;
  const expected = kind === 'unit' ? 'a number between 0 and 1' : 'a number above 0';
  throw new DataError(`found ${isAbove ? max : min}, expected ${expected} (${kind})`, {
    file,
    row: isAbove ? maxLine : minLine,
    column: name,
  });
}

function warningOf({
  name,
  step,
  distinct,
  hasMore,
  rows,
  codes,
}: {
  name: string;
  step: 0 | 1;
  distinct: number;
  hasMore: boolean;
  rows: number;
  codes: readonly Atom[];
}): string | undefined {
  const [code] = codes;
  if (code !== undefined) {
    return `${name}: ${code.text} in ${code.count.toLocaleString('en')} rows looks like a code for missing. It is kept as a value of its own; leave the cells blank if it is one.`;
  }
  if (step === 0 && !hasMore && distinct * DISCRETE_ROWS < rows) {
    return `${name}: only ${distinct} different values in ${rows.toLocaleString('en')} rows, learned as real numbers. The density between them means nothing and may grow without bound; --types "${name}=category" learns their frequencies.`;
  }
  return undefined;
}

/** What a pass over a table finds in each column, in bounded memory. */
import { EvenSample } from '../data/evenSample.ts';
import { FORM_NAMES, formOf, plainCell } from './forms.ts';
import type { FormName } from './forms.ts';

/** Numbers of one form. */
export interface NumberProfile {
  count: number;
  mean: number;
  /** Σ (x − mean)² */
  squares: number;
  isWhole: boolean;
  /** The few smallest distinct numbers from the smallest up, and the few largest from the largest down. */
  smallest: number[];
  largest: number[];
  /** The lines of the smallest and the largest number. */
  minLine: number;
  maxLine: number;
}

interface CellPlace {
  cell: string;
  line: number;
}

export interface ColumnProfile {
  name: string;
  rows: number;
  blanks: number;
  /** The plain texts and their rows; only the first MAX_TEXTS different ones. */
  texts: Map<string, number>;
  /** Whether there are more texts than `texts` has. */
  hasMore: boolean;
  numbers: Partial<Record<FormName, NumberProfile>>;
  /** The first cell that is not a decimal number, and the first number beyond float32, with their lines. */
  misfit: CellPlace | undefined;
  beyond: CellPlace | undefined;
  /** Whether the cells count 0, 1, 2, … or 1, 2, 3, … */
  isRowNumber: boolean;
}

const MAX_TEXTS = 10_000;
const EXTREMES = 6;
/** Rows that are kept for statistics over several columns. */
const MAX_SAMPLE = 4000;

export class TableProfile {
  readonly columns: ColumnProfile[];
  rows = 0;
  readonly #sample = new EvenSample<string[]>(MAX_SAMPLE);

  constructor(names: readonly string[]) {
    this.columns = names.map((name) => ({
      name,
      rows: 0,
      blanks: 0,
      texts: new Map(),
      hasMore: false,
      numbers: {},
      misfit: undefined,
      beyond: undefined,
      isRowNumber: true,
    }));
  }

  /** @param line of the row in its file */
  add(row: readonly string[], line: number): void {
    const plain = row.map(plainCell);
    this.columns.forEach((column, place) => addCell(column, plain[place] ?? '', line));
    this.#sample.add(plain);
    this.rows++;
  }

  /** Rows at even distances, as plain text. */
  get sample(): string[][] {
    return this.#sample.items;
  }
}

function addCell(column: ColumnProfile, cell: string, line: number): void {
  const place = column.rows++;
  if (cell === '') {
    column.blanks++;
    column.isRowNumber = false;
    return;
  }
  const { texts } = column;
  const known = texts.get(cell);
  if (known !== undefined || texts.size < MAX_TEXTS) texts.set(cell, (known ?? 0) + 1);
  else column.hasMore = true;
  const number = formOf('decimal').parse(cell);
  if (!Number.isNaN(number)) {
    if (!Number.isFinite(Math.fround(number))) column.beyond ??= { cell, line };
    addNumber(column, 'decimal', number, line);
    const first = column.numbers.decimal?.smallest[0] ?? NaN;
    if (number !== first + place || (first !== 0 && first !== 1)) column.isRowNumber = false;
    return;
  }
  column.misfit ??= { cell, line };
  column.isRowNumber = false;
  for (const form of FORM_NAMES) {
    const found = formOf(form).parse(cell);
    if (!Number.isNaN(found)) addNumber(column, form, found, line);
  }
}

function addNumber({ numbers }: ColumnProfile, form: FormName, number: number, line: number): void {
  const found = (numbers[form] ??= {
    count: 0,
    mean: 0,
    squares: 0,
    isWhole: true,
    smallest: [],
    largest: [],
    minLine: line,
    maxLine: line,
  });
  found.count++;
  // Welford's update.
  const distance = number - found.mean;
  found.mean += distance / found.count;
  found.squares += distance * (number - found.mean);
  found.isWhole &&= Number.isSafeInteger(number);
  if (number < (found.smallest[0] ?? NaN)) found.minLine = line;
  if (number > (found.largest[0] ?? NaN)) found.maxLine = line;
  keepExtreme(found.smallest, number, (a, b) => a - b);
  keepExtreme(found.largest, number, (a, b) => b - a);
}

/** Keeps the first few distinct numbers in this order. */
function keepExtreme(kept: number[], number: number, order: (a: number, b: number) => number): void {
  const last = kept.at(-1);
  if (kept.length === EXTREMES && last !== undefined && order(number, last) >= 0) return;
  if (kept.includes(number)) return;
  kept.push(number);
  kept.sort(order);
  kept.splice(EXTREMES);
}

/** What a flow cannot learn well of some rows. */
import type { Rows } from '../calls/callerArrays.ts';
import { evenPlaces } from './evenPlaces.ts';

/** Fewer rows say next to nothing about a density. */
const FEW_ROWS = 10;
/** Rows and values that are looked at, evenly over the table. */
const ROWS_SEEN = 2000;
const VALUES_SEEN = 2 ** 21;
/** A standard deviation above this many times the middle nine tenths of a column comes from rows far out. */
const FAR_SHARE = 100;
/** A table has few different rows if each is there this often. */
const MANY_COPIES = 10;
const ROWS_NAMED = 5;

/**
 * A sentence for each: few rows, rows far out, few different rows. Cells that are intervals have no density, so the last
 * two look only at cells that are values.
 * @param values rows [N, D]
 * @param names of the columns
 * @param widths [N, D], if some cells are intervals: see `Cells`
 */
export function roughRows(values: Rows, names: readonly string[], widths?: Float32Array): string[] {
  const dim = names.length;
  const rows = values.length / dim;
  if (rows < FEW_ROWS) {
    return [
      `Only ${rows} rows to learn from: the model can only learn them by heart, and its scores mean little.`,
    ];
  }
  const isValue = (row: number, column: number): boolean => (widths?.[row * dim + column] ?? 0) === 0;
  const seen = [...evenPlaces(rows, Math.max(1, Math.min(ROWS_SEEN, Math.floor(VALUES_SEEN / dim))))];
  const plain = names.flatMap((_, column) => (seen.every((row) => isValue(row, column)) ? [column] : []));
  const different = new Set(seen.map((row) => plain.map((column) => values[row * dim + column]).join())).size;
  const few =
    plain.length > 0 && different * MANY_COPIES <= seen.length
      ? [
          `Only ${different} different rows among ${seen.length.toLocaleString('en')}: the density at them can grow without ` +
            'bound, and between them it means nothing.',
        ]
      : [];
  const farOutIn = (name: string, column: number): string[] => {
    const taken = (row: number): number => (isValue(row, column) ? (values[row * dim + column] ?? NaN) : NaN);
    return farOut(name, taken, { rows, seen }) ?? [];
  };
  return [...few, ...names.flatMap(farOutIn)];
}

/**
 * A warning of rows so far out that the flow sees all others as one point.
 * @param valueOf a row, NaN if the row has no value here
 */
function farOut(
  name: string,
  valueOf: (row: number) => number,
  { rows, seen }: { rows: number; seen: readonly number[] },
): string[] | undefined {
  const cells = Float64Array.from(seen, valueOf)
    .filter((value) => !Number.isNaN(value))
    .sort();
  if (cells.length < FEW_ROWS) return undefined;
  const quantile = (share: number): number => cells[Math.floor(share * (cells.length - 1))] ?? NaN;
  const most = quantile(0.95) - quantile(0.05);
  if (!(most > 0) || spreadOf(valueOf, rows) <= FAR_SHARE * most) return undefined;
  const middle = quantile(0.5);
  const far: number[] = [];
  for (let row = 0; row < rows && far.length < ROWS_NAMED; row++) {
    if (Math.abs(valueOf(row) - middle) > FAR_SHARE * most) far.push(row + 1);
  }
  return [
    `${name}: rows far out (${far.length === ROWS_NAMED ? 'such as ' : ''}row ${far.join(', ')}) make its standard deviation ` +
      `more than ${FAR_SHARE} times as wide as nine tenths of the rows, so the flow sees those as one point. Remove or ` +
      'correct the rows far out.',
  ];
}

/** The standard deviation of a column, over the rows that have a value. */
function spreadOf(valueOf: (row: number) => number, rows: number): number {
  const meanOf = (of: (value: number) => number): number => {
    let [sum, count] = [0, 0];
    for (let row = 0; row < rows; row++) {
      const value = valueOf(row);
      if (!Number.isNaN(value)) [sum, count] = [sum + of(value), count + 1];
    }
    return sum / count;
  };
  const mean = meanOf((value) => value);
  return Math.sqrt(meanOf((value) => (value - mean) ** 2));
}

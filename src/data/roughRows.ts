/** What a flow cannot learn well of some rows. */
import type { Rows } from '../calls/callerArrays.ts';

/** Fewer rows say next to nothing about a density. */
const FEW_ROWS = 10;
/** Rows that are looked at, evenly over the table. */
const ROWS_SEEN = 2000;
/** A standard deviation above this many times the middle nine tenths of a column comes from rows far out. */
const FAR_SHARE = 100;
/** A table has few different rows if each is there this often. */
const MANY_COPIES = 10;
const ROWS_NAMED = 5;

/**
 * A sentence for each: few rows, rows far out, few different rows.
 * @param values rows [N, D]
 * @param names of the columns
 */
export function roughRows(values: Rows, names: readonly string[]): string[] {
  const dim = names.length;
  const rows = values.length / dim;
  if (rows < FEW_ROWS) {
    return [
      `Only ${rows} rows to learn from: the model can only learn them by heart, and its scores mean little.`,
    ];
  }
  const seen = Array.from({ length: Math.min(rows, ROWS_SEEN) }, (_, i) =>
    Math.floor((i * rows) / Math.min(rows, ROWS_SEEN)),
  );
  const different = new Set(seen.map((row) => values.subarray(row * dim, (row + 1) * dim).join())).size;
  const few =
    different * MANY_COPIES <= seen.length
      ? [
          `Only ${different} different rows among ${seen.length.toLocaleString('en')}: the density at them can grow without ` +
            'bound, and between them it means nothing.',
        ]
      : [];
  return [...few, ...names.flatMap((name, column) => farOut(values, { seen, column, dim, name }) ?? [])];
}

/** A warning of rows so far out that the flow sees all others as one point. */
function farOut(
  values: Rows,
  { seen, column, dim, name }: { seen: readonly number[]; column: number; dim: number; name: string },
): string | undefined {
  const cells = Float64Array.from(seen, (row) => values[row * dim + column] ?? NaN).sort();
  const quantile = (share: number): number => cells[Math.floor(share * (cells.length - 1))] ?? NaN;
  const most = quantile(0.95) - quantile(0.05);
  if (!(most > 0) || spreadOf(values, column, dim) <= FAR_SHARE * most) return undefined;
  const middle = quantile(0.5);
  const far: number[] = [];
  for (let row = 0; row < values.length / dim && far.length < ROWS_NAMED; row++) {
    if (Math.abs((values[row * dim + column] ?? NaN) - middle) > FAR_SHARE * most) far.push(row + 1);
  }
  return (
    `${name}: rows far out (${far.length === ROWS_NAMED ? 'such as ' : ''}row ${far.join(', ')}) make its standard deviation ` +
    `more than ${FAR_SHARE} times as wide as nine tenths of the rows, so the flow sees those as one point. Remove or ` +
    'correct the rows far out.'
  );
}

/** The standard deviation of a column. */
function spreadOf(values: Rows, column: number, dim: number): number {
  const rows = values.length / dim;
  const meanOf = (of: (value: number) => number): number => {
    let sum = 0;
    for (let at = column; at < values.length; at += dim) sum += of(values[at] ?? NaN);
    return sum / rows;
  };
  const mean = meanOf((value) => value);
  return Math.sqrt(meanOf((value) => (value - mean) ** 2));
}

/** Mean and spread of a data set's columns, for standardisation, and the scales of positive ones. */
import { fromDomain, scaleOf } from '../domain.ts';
import { DataError, ShapeError } from '../errors.ts';
import type { Domain } from '../spec.ts';

/** Mean and population standard deviation of each column, `[D]` each, in the data's units or as their domains are mapped. */
export interface ColumnStatistics {
  mean: Float64Array;
  std: Float64Array;
  /** What the values of positive columns are divided by first: their mean in float32; 1 of others. */
  scale: Float64Array;
}

/**
 * mean = Σ x / n and std = √(Σ (x − mean)² / n) of each column, in float64.
 *
 * @param values `[n, dim]`, row-major
 * @param columnNames names for messages, x1…xD by default
 * @param domains of the columns: bounded ones are measured as a flow of their scale maps them
 * @throws {DataError} naming row (counted from 1 in `values`) and column of a value that is not finite; with
 * fewer than two rows; naming every column that is constant (std ≤ 1e-7 · |mean|: float32 cannot tell more)
 * @throws {ShapeError} if `values` is not made of rows of `dim`
 */
export function columnStatistics(
  values: Float32Array,
  dim: number,
  columnNames?: readonly string[],
  domains?: readonly Domain[],
): ColumnStatistics {
  if (!Number.isSafeInteger(dim) || dim < 1 || values.length % dim !== 0) {
    throw new ShapeError('values', `${values.length} values`, `rows of ${dim} columns`);
  }
  if (columnNames && columnNames.length !== dim) {
    throw new ShapeError('columnNames', `${columnNames.length} names`, `${dim}, one per column`);
  }
  const names = Array.from({ length: dim }, (_, column) => columnNames?.[column] ?? `x${column + 1}`);
  const rows = values.length / dim;
  if (rows < 2) {
    throw new DataError(
      `found ${rows} ${rows === 1 ? 'row' : 'rows'}, expected at least 2 to measure a spread`,
      {},
      'Give more data.',
    );
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DataError(
      `found ${values[bad]}, expected a finite number`,
      { row: Math.floor(bad / dim) + 1, column: names[bad % dim] },
      'Remove or replace the row.',
    );
  }
  const averages = (of: (value: number, column: number) => number): Float64Array => {
    const sum = new Float64Array(dim);
    values.forEach((value, index) => {
      const column = index % dim;
      sum[column] = (sum[column] ?? 0) + of(value, column);
    });
    return sum.map((total) => total / rows);
  };
  const plain = averages((value) => value);
  const scale = plain.map((average, column) => (domains?.[column] === 'positive' ? scaleOf(average) : 1));
  const mapped = (value: number, column: number): number => {
    const domain = domains?.[column] ?? 'real';
    return domain === 'real' ? value : fromDomain(domain, value, scale[column]).image;
  };
  const mean = domains === undefined ? plain : averages(mapped);
  // A pass around the mean: Σx² − n·mean² would cancel for data far from zero.
  const squares = averages((value, column) => (mapped(value, column) - (mean[column] ?? 0)) ** 2);
  const std = squares.map(Math.sqrt);

  const constant = names.filter((_, column) => (std[column] ?? 0) <= 1e-7 * Math.abs(mean[column] ?? 0));
  if (constant.length > 0) {
    const [first = ''] = constant;
    const [one] = constant.length === 1 ? [plain[names.indexOf(first)]] : [];
    throw new DataError(
      `found no spread in ${listed(constant)}` +
        (one === undefined
          ? ''
          : ` (every value is ${Number(one.toPrecision(7))} as far as float32 can tell)`) +
        ', expected values that differ',
      { column: constant.length === 1 ? first : undefined },
      'Leave constant columns out; subtract a large common offset before training.',
    );
  }
  return { mean, std, scale };
}

/** Names that a message lists. */
const NAMES_SHOWN = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `"${name}"`);
  return names.length > NAMES_SHOWN ? `${shown.join(', ')}, … (${names.length} in all)` : shown.join(', ');
}

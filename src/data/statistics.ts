/** Mean and spread of a data set's columns, for standardisation. */
import { fromDomain } from '../domain.ts';
import { DataError, ShapeError } from '../errors.ts';
import type { Domain } from '../spec.ts';

/** Mean and population standard deviation of each column, `[D]` each, in the data's units or as their domains are mapped. */
export interface ColumnStatistics {
  mean: Float64Array;
  std: Float64Array;
}

/**
 * mean = Σ x / n and std = √(Σ (x − mean)² / n) of each column, in float64.
 *
 * @param values `[n, dim]`, row-major
 * @param columnNames names for messages, x1…xD by default
 * @param domains of the columns: bounded ones are measured as a flow maps them
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
  const mapped = (value: number, column: number): number => {
    const domain = domains?.[column] ?? 'real';
    return domain === 'real' ? value : fromDomain(domain, value).image;
  };
  const sum = new Float64Array(dim);
  values.forEach((value, index) => {
    const column = index % dim;
    if (!Number.isFinite(value)) {
      throw new DataError(
        `found ${value}, expected a finite number`,
        { row: Math.floor(index / dim) + 1, column: names[column] },
        'Remove or replace the row.',
      );
    }
    sum[column] = (sum[column] ?? 0) + mapped(value, column);
  });
  const mean = sum.map((total) => total / rows);

  // A second pass around the mean: Σx² − n·mean² would cancel for data far from zero.
  const squares = new Float64Array(dim);
  values.forEach((value, index) => {
    const column = index % dim;
    squares[column] = (squares[column] ?? 0) + (mapped(value, column) - (mean[column] ?? 0)) ** 2;
  });
  const std = squares.map((total) => Math.sqrt(total / rows));

  const constant = names.filter((_, column) => (std[column] ?? 0) <= 1e-7 * Math.abs(mean[column] ?? 0));
  if (constant.length > 0) {
    const [first = ''] = constant;
    const [one] = constant.length === 1 ? [mean[names.indexOf(first)]] : [];
    throw new DataError(
      `found no spread in ${constant.map((name) => `"${name}"`).join(', ')}` +
        (one === undefined
          ? ''
          : ` (every value is ${Number(one.toPrecision(7))} as far as float32 can tell)`) +
        ', expected values that differ',
      { column: constant.length === 1 ? first : undefined },
      'Leave constant columns out; subtract a large common offset before training.',
    );
  }
  return { mean, std };
}

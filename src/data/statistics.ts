/** Mean and spread of the columns of a data set, for standardisation, and the scales of positive columns. */
import type { Rows } from '../calls/callerArrays.ts';
import { fromDomain, scaleOf } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';
import { columnOffset } from './offset.ts';
import { DataError, ShapeError } from '../errors.ts';

/** Mean and population standard deviation of each column, `[D]` each, in the data's units or as mapped by domains. */
export interface ColumnStatistics {
  mean: Float64Array;
  std: Float64Array;
  /** The standard deviation in the data's units, also for bounded columns. */
  spread: Float64Array;
  /** The offset that a standardizing flow subtracts in float64; 0 if float32 holds the column well. */
  offset: Float64Array;
  /** The mean minus the offset, computed without rounding their sum. */
  meanLeft: Float64Array;
  /** The divisor of a positive column: its mean in float32; 1 for other columns. */
  scale: Float64Array;
}

/**
 * mean = Σ x / n and std = √(Σ (x − mean)² / n) of each column, in float64.
 *
 * @param values `[n, dim]`, row-major
 * @param columnNames names for messages, x1…xD by default
 * @param domains of the columns: bounded columns are measured after the flow's domain map
 * @param standardizes whether the flow does: a flow without it subtracts no offset and takes any large spread
 * @throws {DataError} naming row (counted from 1 in `values`) and column of a value that is not finite; with
 * fewer than two rows; naming every column that is constant, or nearly (std ≤ 1e-7 · |mean|) in a
 * Float32Array, and every column whose spread float32 cannot hold
 * @throws {ShapeError} if `values` is not made of rows of `dim`
 */
export function columnStatistics(
  values: Rows,
  dim: number,
  columnNames?: readonly string[],
  domains?: readonly Domain[],
  standardizes = true,
): ColumnStatistics {
  if (!Number.isSafeInteger(dim) || dim < 1 || values.length % dim !== 0) {
    throw new ShapeError('values', `${values.length} values`, `rows of ${dim} columns`);
  }
  const names = columnNamesOf(dim, columnNames);
  const rows = values.length / dim;
  if (rows < 2) {
    throw new DataError(
      `found ${rows} ${rows === 1 ? 'row' : 'rows'}, expected at least 2 to measure a spread`,
      {},
      'Give more data.',
    );
  }
  requireFiniteRows(values, names);
  const averages = (of: (value: number, column: number) => number): Float64Array => {
    const sum = new Float64Array(dim);
    values.forEach((value: number, index: number) => {
      const column = index % dim;
      sum[column] = (sum[column] ?? 0) + of(value, column);
    });
    return sum.map((total) => total / rows);
  };
  // A second pass around the mean: Σx² − n·mean² would cancel for data far from zero.
  const spreadAround = (mean: Float64Array, of: (value: number, column: number) => number): Float64Array =>
    averages((value, column) => (of(value, column) - (mean[column] ?? 0)) ** 2).map(Math.sqrt);
  const domainOf = (column: number): Domain => domains?.[column] ?? 'real';
  const plain = averages((value) => value);
  const spread = spreadAround(plain, (value) => value);
  const offset = plain.map((average, column) =>
    standardizes && domainOf(column) === 'real' ? columnOffset(average, spread[column] ?? 0) : 0,
  );
  const scale = averages(Math.fround).map((average, column) =>
    domainOf(column) === 'positive' ? scaleOf(average) : 1,
  );
  // The flow's input: float32 without the offset.
  const seen = (value: number, column: number): number => {
    const domain = domainOf(column);
    const left = Math.fround(value - (offset[column] ?? 0));
    return domain === 'real' ? left : fromDomain(domain, left, scale[column]).image;
  };
  const meanLeft = averages(seen);
  const std = spreadAround(meanLeft, seen);
  const mean = meanLeft.map((average, column) => average + (offset[column] ?? 0));

  const isDouble = values instanceof Float64Array;
  const constant = names.filter(
    (_, column) =>
      isConstant(values, dim, column) ||
      (!isDouble && (std[column] ?? 0) <= 1e-7 * Math.abs(mean[column] ?? 0)),
  );
  if (constant.length > 0) {
    const [first = ''] = constant;
    const [one] = constant.length === 1 ? [plain[names.indexOf(first)]] : [];
    const told = isDouble ? '' : ' as far as float32 can tell';
    throw new DataError(
      `found no spread in ${listed(constant)}` +
        (one === undefined ? '' : ` (every value is ${Number(one.toPrecision(7))}${told})`) +
        ', expected values that differ',
      { column: constant.length === 1 ? first : undefined },
      isDouble
        ? 'Leave constant columns out.'
        : 'Leave constant columns out; subtract a large common offset before training, or give a Float64Array.',
    );
  }
  const most = standardizes ? MAX_SPREAD : Infinity;
  const extreme = std.findIndex((value) => value < MIN_SPREAD || value > most);
  if (extreme >= 0) {
    throw new DataError(
      `found a spread of ${Number((std[extreme] ?? 0).toPrecision(3))}, expected one from 1e-36 to 1e37, which float32 can standardize`,
      { column: names[extreme] },
      'Give the column in other units.',
    );
  }
  return { mean, std, spread, offset, meanLeft, scale };
}

/** Float32 has too few digits for smaller spreads, and may overflow for larger ones. */
const MIN_SPREAD = 2 ** -120;
const MAX_SPREAD = 2 ** 123;

function isConstant(values: Rows, dim: number, column: number): boolean {
  for (let at = column + dim; at < values.length; at += dim) if (values[at] !== values[column]) return false;
  return true;
}

/** Count of names that a message lists. */
const NAMES_SHOWN = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `"${name}"`);
  return names.length > NAMES_SHOWN ? `${shown.join(', ')}, … (${names.length} in all)` : shown.join(', ');
}

/** The names of the columns, x1…xD by default. @throws {ShapeError} when there are more or fewer than `dim` */
export function columnNamesOf(dim: number, names?: readonly string[]): readonly string[] {
  if (names && names.length !== dim) {
    throw new ShapeError('columnNames', `${names.length} names`, `${dim}, one per column`);
  }
  return names ?? Array.from({ length: dim }, (_, column) => `x${column + 1}`);
}

/** @throws {DataError} naming row, counted from `firstRow`, and column of a value that is not finite */
export function requireFiniteRows(values: Rows, names: readonly string[], firstRow = 1): void {
  const bad = values.findIndex((value: number) => !Number.isFinite(Math.fround(value)));
  if (bad < 0) return;
  const found = values[bad] ?? NaN;
  throw new DataError(
    `found ${found}, expected ${Number.isFinite(found) ? 'a number below 3.4e38, as float32 has' : 'a finite number'}`,
    { row: firstRow + Math.floor(bad / names.length), column: names[bad % names.length] },
    'Remove or replace the row.',
  );
}

/** Mean NLL in nats of rows with these log-densities. */
export function meanNll(logProb: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of logProb) sum += value;
  return -sum / logProb.length;
}

/** Weights of rows: how often training draws each row. */
import { DataError, ShapeError } from '../errors.ts';
import { chosenRows } from './holdOut.ts';
import type { ContextRows } from './holdOut.ts';

/** Rows whose bounds fit a storage binding of 128 MiB. */
export const MAX_WEIGHTED_ROWS = 2 ** 24;

/**
 * @throws {ShapeError} when there is not one weight for each row, or all are 0
 * @throws {DataError} naming the first row whose weight is not finite or negative
 */
export function requireWeights(what: string, weights: Float32Array, rows: number): void {
  requireRowWeights(what, weights, rows);
  requireWeightable(what, rows);
  if (weights.every((weight) => weight === 0)) {
    throw new ShapeError(what, 'only weights of 0', 'one above 0');
  }
}

/** @throws {ShapeError} when a table has too many rows for weights */
export function requireWeightable(what: string, rows: number): void {
  if (rows > MAX_WEIGHTED_ROWS) {
    throw new ShapeError(
      what,
      `weights of ${rows.toLocaleString('en')} rows`,
      `at most ${MAX_WEIGHTED_ROWS.toLocaleString('en')}`,
      'Leave the weights out, or train on some of the rows.',
    );
  }
}

/** Like `requireWeights`, for some of the rows: all their weights may be 0. @param firstRow number of the first row */
export function requireRowWeights(what: string, weights: Float32Array, rows: number, firstRow = 1): void {
  if (weights.length !== rows) {
    throw new ShapeError(what, `${weights.length} weights`, `${rows}, one for each row`);
  }
  const bad = weights.findIndex((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (bad < 0) return;
  throw new DataError(`${what}: found ${weights[bad]}, expected a finite weight ≥ 0`, {
    row: firstRow + bad,
  });
}

/** The places of the rows whose weight is not 0. */
export function weightedPlaces(weights: Float32Array): Uint32Array {
  return Uint32Array.from(weights, (_, row) => row).filter((row) => weights[row] !== 0);
}

/** The rows without those of weight 0. Equal weights are left out: every row then counts alike. */
export function weightedRows({ data, context, widths, weights }: ContextRows, rows: number): ContextRows {
  const plain = { data, ...(context && { context }), ...(widths && { widths }) };
  if (weights === undefined) return plain;
  const chosen = weightedPlaces(weights);
  const kept = weights.filter((weight) => weight !== 0);
  const taken = chosen.length === rows ? plain : chosenRows(plain, rows, chosen);
  return kept.every((weight) => weight === kept[0]) ? taken : { ...taken, weights: kept };
}

/**
 * The running sums of the weights, scaled so that the last one is the number of rows N: [N, 2], each as a whole number and
 * a fraction in units of 2⁻³². `batch_gather` finds the row of a place in [0, N) by them.
 */
export function weightBounds(weights: Float32Array): Uint32Array {
  const count = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const bounds = new Uint32Array(2 * count);
  let sum = 0;
  weights.forEach((weight, row) => {
    sum += weight;
    const scaled = Math.min(count, (sum / total) * count);
    const whole = Math.floor(scaled);
    bounds.set([whole, Math.floor((scaled - whole) * 2 ** 32)], 2 * row);
  });
  bounds.set([count, 0], 2 * (count - 1));
  return bounds;
}

/** The weighted mean of values. */
export function weightedMean(values: ArrayLike<number>, weights: Float32Array): number {
  let [sum, total] = [0, 0];
  weights.forEach((weight, row) => {
    sum += weight * (values[row] ?? NaN);
    total += weight;
  });
  return sum / total;
}

/**
 * As many rows as the weights are worth, (Σ w)² / Σ w², at even distances of their running sum: a sample whose rows count
 * alike.
 * @see Kish 1965, Survey Sampling, section 8.2 (effective sample size)
 */
export function placesByWeight(weights: Float32Array): Uint32Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight ** 2, 0);
  const count = Math.max(1, Math.floor(total ** 2 / squares + 1e-6));
  let [row, sum] = [0, weights[0] ?? 0];
  return Uint32Array.from({ length: count }, (_, i) => {
    while (sum < ((i + 0.5) / count) * total && row + 1 < weights.length) sum += weights[++row] ?? 0;
    return row;
  });
}

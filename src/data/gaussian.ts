/** The Gaussian of a table: the baseline for a flow, and the start of a flow with a whitening. */
import { meanNll } from './statistics.ts';

/** Rows read one at a time, in float64. */
export interface RowReader {
  rows: number;
  width: number;
  read: (row: number, into: Float64Array) => void;
  /** The weight of a row; by default 1. */
  weight?: (row: number) => number;
}

/** Mean and population standard deviation [W] of each column, and the columns' correlations [W, W]. */
export interface Moments {
  rows: number;
  mean: Float64Array;
  std: Float64Array;
  correlation: Float64Array;
}

/** N(mean, S C Cᵀ S) with S the diagonal of the standard deviations. */
export interface Gaussian {
  mean: Float64Array;
  std: Float64Array;
  /** C [W, W], lower triangular, row-major. An infinite diagonal element leaves its column out. */
  factor: Float64Array;
  /** Count of the leading columns that the density is conditioned on. */
  given: number;
}

/** The most products before a table is subsampled: about two seconds of work. */
const MAX_PRODUCTS = 2e9;
/** If less than this share of a column's variance is left, float64 treats it as a combination of earlier columns. */
const MIN_PIVOT = 1e-10;

/** Plain rows; each follows its `context` if the density is conditioned on one. */
export function readerOf(
  values: Float32Array | Float64Array,
  dim: number,
  context?: Float32Array,
  weights?: Float32Array,
): RowReader & { given: number } {
  const rows = values.length / dim;
  const given = context === undefined ? 0 : context.length / rows;
  return {
    rows,
    width: given + dim,
    given,
    ...(weights === undefined ? {} : { weight: (row: number) => weights[row] ?? NaN }),
    read(row, into) {
      for (let k = 0; k < given; k++) into[k] = context?.[row * given + k] ?? NaN;
      for (let j = 0; j < dim; j++) into[given + j] = values[row * dim + j] ?? NaN;
    },
  };
}

/** A constant column gets the standard deviation 0 and no correlation. A huge table is subsampled evenly. */
export function momentsOf({ rows, width, read, weight = () => 1 }: RowReader): Moments {
  const taken = Math.min(rows, Math.max(width + 2, Math.floor(MAX_PRODUCTS / width ** 2)));
  const row = new Float64Array(width);
  let total = 0;
  const eachRow = (visit: (weight: number) => void): void => {
    for (let i = 0; i < taken; i++) {
      const place = Math.floor((i * rows) / taken);
      read(place, row);
      visit(weight(place));
    }
  };
  for (let i = 0; i < taken; i++) total += weight(Math.floor((i * rows) / taken));
  const mean = new Float64Array(width);
  eachRow((share) => row.forEach((value, j) => (mean[j] = (mean[j] ?? 0) + (share * value) / total)));
  const products = new Float64Array(width * width);
  eachRow((share) => {
    for (let j = 0; j < width; j++) row[j] = (row[j] ?? NaN) - (mean[j] ?? NaN);
    for (let i = 0; i < width; i++) {
      const value = share * (row[i] ?? NaN);
      for (let j = 0; j <= i; j++)
        products[i * width + j] = (products[i * width + j] ?? 0) + value * (row[j] ?? NaN);
    }
  });
  const std = mean.map((_, j) => Math.sqrt((products[j * width + j] ?? 0) / total));
  const correlation = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      const scale = total * (std[i] ?? 0) * (std[j] ?? 0);
      const value = i === j ? 1 : scale > 0 ? (products[i * width + j] ?? 0) / scale : 0;
      correlation[i * width + j] = value;
      correlation[j * width + i] = value;
    }
  }
  return { rows: taken, mean, std, correlation };
}

/**
 * The Gaussian with these moments, its correlations shrunk towards 0 by `shrinkage`. Undefined if earlier
 * columns determine a column; a determined context column is left out instead.
 */
export function gaussianOf(
  { mean, std, correlation }: Moments,
  { given = 0, shrinkage = 0 }: { given?: number; shrinkage?: number } = {},
): Gaussian | undefined {
  const width = mean.length;
  const factor = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = (i === j ? 1 : 1 - shrinkage) * (correlation[i * width + j] ?? 0);
      for (let k = 0; k < j; k++) rest -= (factor[i * width + k] ?? 0) * (factor[j * width + k] ?? 0);
      if (i !== j) {
        factor[i * width + j] = rest / (factor[j * width + j] ?? NaN);
        continue;
      }
      const isNew = rest > MIN_PIVOT && (std[i] ?? 0) > 0;
      if (!isNew && i >= given) return undefined;
      factor[i * width + i] = isNew ? Math.sqrt(rest) : Infinity;
    }
  }
  return { mean, std, factor, given };
}

/** The log-density of each row [N] in nats, of the columns after the `given` ones. */
export function gaussianLogProb(
  { mean, std, factor, given }: Gaussian,
  { rows, width, read }: RowReader,
): Float64Array {
  const logVolume = std.reduce(
    (sum, value, i) => (i < given ? sum : sum + Math.log(value * (factor[i * width + i] ?? NaN))),
    0.5 * (width - given) * Math.log(2 * Math.PI),
  );
  const logProb = new Float64Array(rows).fill(-logVolume);
  const row = new Float64Array(width);
  for (let r = 0; r < rows; r++) {
    read(r, row);
    for (let i = 0; i < width; i++) {
      let rest = ((row[i] ?? NaN) - (mean[i] ?? NaN)) / (std[i] || 1);
      for (let k = 0; k < i; k++) rest -= (factor[i * width + k] ?? 0) * (row[k] ?? NaN);
      const z = rest / (factor[i * width + i] ?? NaN);
      row[i] = z;
      if (i >= given) logProb[r] = (logProb[r] ?? NaN) - 0.5 * z * z;
    }
  }
  return logProb;
}

/** The inverse of C [W, W], which decorrelates standardised rows. */
export function whiteningOf({ factor, mean }: Gaussian): Float64Array {
  const width = mean.length;
  const inverse = new Float64Array(width * width);
  for (let column = 0; column < width; column++) {
    for (let i = column; i < width; i++) {
      let rest = i === column ? 1 : 0;
      for (let k = column; k < i; k++)
        rest -= (factor[i * width + k] ?? 0) * (inverse[k * width + column] ?? 0);
      inverse[i * width + column] = rest / (factor[i * width + i] ?? NaN);
    }
  }
  return inverse;
}

/** The smallest shrinkage, which keeps float32 accurate if columns determine each other. */
const MIN_SHRINKAGE = 1e-6;
/** Candidate shrinkages for a whitening; 1 makes it the identity. */
const SHRINKAGES = [MIN_SHRINKAGE, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1];
/** Rows per column above which correlations need no shrinking. */
const PLENTY_OF_ROWS = 50;
const FOLDS = 5;

function bestShrinkage(rows: RowReader): number {
  const folds = Array.from({ length: FOLDS }, (_, fold) => {
    const held = everyFifth(rows, fold, true);
    return { moments: momentsOf(everyFifth(rows, fold, false)), held };
  });
  const nllOf = (shrinkage: number): number =>
    folds.reduce((sum, { moments, held }) => {
      const gaussian = gaussianOf(moments, { shrinkage });
      return gaussian === undefined ? Infinity : sum + meanNll(gaussianLogProb(gaussian, held)) * held.rows;
    }, 0);
  const scored = SHRINKAGES.map((shrinkage) => ({ shrinkage, nll: nllOf(shrinkage) }));
  // A column that is constant outside a fold has no Gaussian there.
  return scored.reduce((a, b) => (b.nll < a.nll ? b : a), { shrinkage: 1, nll: Infinity }).shrinkage;
}

/** The rows of a fold, or all others. */
function everyFifth({ rows, width, read }: RowReader, fold: number, isHeld: boolean): RowReader {
  const chosen = Array.from({ length: rows }, (_, row) => row).filter(
    (row) => (row % FOLDS === fold) === isHeld,
  );
  return { rows: chosen.length, width, read: (index, into) => read(chosen[index] ?? NaN, into) };
}

/** The Gaussian of the rows. With few rows, cross-validation chooses how much to shrink correlations. */
export function shrunkGaussian(rows: RowReader): Gaussian {
  const isPlenty = rows.rows >= PLENTY_OF_ROWS * rows.width;
  const shrinkage = isPlenty ? MIN_SHRINKAGE : bestShrinkage(rows);
  const gaussian = gaussianOf(momentsOf(rows), { shrinkage });
  if (gaussian === undefined) throw new RangeError('a column does not vary');
  return gaussian;
}

/** Where a feature of a row is to be expected, given the others: a linear regression on samples of the flow. */
import type { Rows } from '../calls/callerArrays.ts';
import { gaussianOf, momentsOf, readerOf, whiteningOf } from '../data/gaussian.ts';
import type { ConditionalDomain } from '../kernels/conditional/conditional_rows.ts';
import { START_QUANTILES } from '../kernels/conditional/conditional_start.ts';
import { fromDomain, intoDomain, scaleOf } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';

/** A feature's map from data to all numbers. */
export interface Axis extends ConditionalDomain {
  /** Subtracted from data first. */
  offset: number;
}

/** A conditional's first guess: centre + Σ weights · row, with this spread. */
export interface Guess {
  weights: Float64Array;
  constant: number;
  spread: number;
  /** Of the feature over all rows, at START_QUANTILES. */
  quantiles: readonly number[];
}

/** Correlations are shrunk by this, so that features that determine each other have a regression too. */
const SHRINKAGE = 1e-3;
/** Samples beyond these shares are moved there: a heavy tail would hide the correlations. */
const CLIPPED = 0.001;
/** A spread is at least this share of the feature's own. */
const LEAST_SPREAD = 1e-3;

export class Proposal {
  readonly axes: readonly Axis[];
  readonly #quantiles: readonly (readonly number[])[];
  readonly #std: Float64Array;
  readonly #mean: Float64Array;
  /** The inverse of the correlations [W, W]. */
  readonly #precision: Float64Array;
  /** Features and context features. */
  readonly width: number;

  /**
   * @param samples [N, D] of the flow, which are finite
   * @param context [N, C] of these samples
   */
  constructor(
    samples: Rows,
    domains: readonly Domain[],
    offset: Float64Array | undefined,
    context: Float32Array = new Float32Array(),
  ) {
    const dim = domains.length;
    const rows = samples.length / dim;
    const contextDim = context.length / rows;
    this.axes = domains.map((domain, j) => ({
      domain,
      scale: domain === 'positive' ? scaleOf(meanOf(samples, j, dim)) : 1,
      offset: offset?.[j] ?? 0,
    }));
    this.width = dim + contextDim;
    const places = new Float64Array(rows * this.width);
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < this.width; j++) {
        const axis = this.axes[j];
        places[row * this.width + j] =
          axis === undefined
            ? (context[row * contextDim + j - dim] ?? NaN)
            : placeOf(axis, samples[row * dim + j] ?? NaN);
      }
    }
    this.#quantiles = this.axes.map((_, j) => clip(places, j, this.width));
    const { mean, std, correlation } = momentsOf(readerOf(places, this.width));
    this.#mean = mean;
    this.#std = std.map((value) => value || 1);
    const gaussian = gaussianOf({ rows, mean, std: this.#std, correlation }, { shrinkage: SHRINKAGE });
    if (gaussian === undefined) throw new RangeError('the shrunk correlations have no inverse');
    this.#precision = precisionOf(whiteningOf(gaussian), this.width);
  }

  /** The guess of a feature from all others but its companion. */
  guess(feature: number, companion?: number): Guess {
    const { width } = this;
    const at = (i: number, j: number): number => this.#precision[i * width + j] ?? NaN;
    // Without the companion: the precision of the others' marginal.
    const left = (i: number, j: number): number =>
      companion === undefined
        ? at(i, j)
        : at(i, j) - (at(i, companion) * at(companion, j)) / at(companion, companion);
    const own = left(feature, feature);
    const std = this.#std[feature] ?? NaN;
    const weights = new Float64Array(width);
    let constant = this.#mean[feature] ?? NaN;
    for (let j = 0; j < width; j++) {
      if (j === feature || j === companion) continue;
      const weight = (-left(feature, j) / own) * (std / (this.#std[j] ?? NaN));
      weights[j] = weight;
      constant -= weight * (this.#mean[j] ?? NaN);
    }
    const spread = std * Math.max(1 / Math.sqrt(own), LEAST_SPREAD);
    return { weights, constant, spread, quantiles: this.#quantiles[feature] ?? [] };
  }

  /** The centre of the guess for a row [D] with a context [C]; not far outside the feature's range. */
  centreOf({ weights, constant, quantiles }: Guess, row: Rows, context: Float32Array): number {
    let centre = constant;
    this.axes.forEach((axis, j) => {
      const weight = weights[j] ?? 0;
      if (weight !== 0) centre += weight * this.#within(j, placeOf(axis, row[j] ?? NaN));
    });
    context.forEach((value, j) => (centre += (weights[this.axes.length + j] ?? 0) * value));
    return clamped(centre, quantiles);
  }

  #within(feature: number, place: number): number {
    return clamped(place, this.#quantiles[feature] ?? []);
  }
}

/** Not farther from the quantiles than they are apart. */
function clamped(place: number, quantiles: readonly number[]): number {
  const [low, high] = [quantiles[0] ?? -Infinity, quantiles.at(-1) ?? Infinity];
  const span = high - low;
  return Math.min(Math.max(place, low - span), high + span);
}

/** The place of a feature's value on all numbers. */
export function placeOf({ domain, scale, offset }: Axis, value: number): number {
  return domain === 'real' ? value - offset : fromDomain(domain, value, scale).image;
}

/** The value at a place. */
export function valueOf({ domain, scale, offset }: Axis, place: number): number {
  return domain === 'real' ? place + offset : intoDomain(domain, place, scale).value;
}

/** log of the derivative of the place with respect to the value. */
export function logDerivativeOf({ domain, scale }: Axis, value: number): number {
  return domain === 'real' ? 0 : fromDomain(domain, value, scale).logDerivative;
}

function meanOf(rows: Rows, column: number, width: number): number {
  let sum = 0;
  for (let i = column; i < rows.length; i += width) sum += rows[i] ?? NaN;
  return sum / (rows.length / width);
}

/** Moves the ends of a column inside; returns its quantiles. */
function clip(rows: Float64Array, column: number, width: number): number[] {
  const count = rows.length / width;
  const sorted = Float64Array.from({ length: count }, (_, row) => rows[row * width + column] ?? NaN).sort();
  const at = (share: number): number => sorted[Math.round(share * (count - 1))] ?? NaN;
  const [low, high] = [at(CLIPPED), at(1 - CLIPPED)];
  for (let i = column; i < rows.length; i += width) rows[i] = Math.min(Math.max(rows[i] ?? NaN, low), high);
  return START_QUANTILES.map(at);
}

/** Wᵀ W */
function precisionOf(whitening: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: width * width }, (_, place) => {
    const [i, j] = [Math.floor(place / width), place % width];
    let sum = 0;
    for (let k = Math.max(i, j); k < width; k++) {
      sum += (whitening[k * width + i] ?? 0) * (whitening[k * width + j] ?? 0);
    }
    return sum;
  });
}

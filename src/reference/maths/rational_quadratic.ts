/** Monotone rational-quadratic splines in f64, for one feature of one row. @see Durkan et al. 2019 */
import { at } from './at.ts';

export const MIN_SHARE = 1e-3;
export const MIN_DERIVATIVE = 1e-3;
/** With this shift, a raw 0 gives the derivative 1. */
export const DERIVATIVE_SHIFT = Math.log(Math.expm1(1 - MIN_DERIVATIVE));

/** A bin: where it starts in x and z, its sizes, and the slopes at its two knots. */
export interface SplineBin {
  x: number;
  width: number;
  z: number;
  height: number;
  left: number;
  right: number;
}

/** A position in a bin, with the common terms of the formulas. */
export interface SplinePlace extends SplineBin {
  k: number;
  xi: number;
  /** Mean slope of the bin. */
  mean: number;
  numerator: number;
  denominator: number;
  derivativeFactor: number;
  logDerivative: number;
}

/** The image of a value under the spline or its inverse, and log dz/dx there. Outside the spline is the identity. */
export function splineImage(
  bins: readonly SplineBin[],
  { bound, inverse }: { bound: number; inverse: boolean },
  value: number,
): { value: number; logDerivative: number } {
  if (Math.abs(value) > bound) return { value, logDerivative: 0 };
  const found = (inverse ? splineAtZ : splineAtX)(bins, value);
  return { value: inverse ? found.x : found.z, logDerivative: found.logDerivative };
}

/** The position of x in [−bound, bound], with its x, and its image z under the spline. */
export function splineAtX(bins: readonly SplineBin[], x: number): SplinePlace {
  const k = binAt(
    bins.map((bin) => bin.x),
    x,
  );
  const bin = binOf(bins, k);
  return placeIn(bin, k, (x - bin.x) / bin.width);
}

/** The position of the x for which z = spline(x). */
export function splineAtZ(bins: readonly SplineBin[], z: number): SplinePlace {
  const k = binAt(
    bins.map((bin) => bin.z),
    z,
  );
  const bin = binOf(bins, k);
  const { width, height, left, right } = bin;
  const mean = height / width;
  const rise = z - bin.z;
  const bend = rise * (left + right - 2 * mean);
  const a = height * (mean - left) + bend;
  const b = height * left - bend;
  const c = mean * rise;
  return placeIn(bin, k, (2 * c) / (b + Math.sqrt(Math.max(b * b + 4 * a * c, 0))));
}

/** The bins of a spline with these raw numbers. */
export function binsOf(raw: readonly number[], bins: number, bound: number): SplineBin[] {
  const inner = raw.slice(2 * bins).map((value) => MIN_DERIVATIVE + softplus(value + DERIVATIVE_SHIFT));
  const derivatives = [1, ...inner, 1];
  const x = edgesOf(raw.slice(0, bins), bound);
  const z = edgesOf(raw.slice(bins, 2 * bins), bound);
  return Array.from({ length: bins }, (_, k) => ({
    x: at(x, k),
    width: at(x, k + 1) - at(x, k),
    z: at(z, k),
    height: at(z, k + 1) - at(z, k),
    left: at(derivatives, k),
    right: at(derivatives, k + 1),
  }));
}

function edgesOf(raw: readonly number[], bound: number): number[] {
  let edge = -bound;
  const inner = softmax(raw).map((share) => {
    edge += 2 * bound * MIN_SHARE + wholeOf(raw.length, bound) * share;
    return edge;
  });
  return [-bound, ...inner.slice(0, -1), bound];
}

function binAt(starts: readonly number[], value: number): number {
  return Math.max(
    0,
    starts.findLastIndex((start) => value >= start),
  );
}

export function binOf(bins: readonly SplineBin[], k: number): SplineBin {
  const bin = bins[k];
  if (bin === undefined) throw new RangeError(`bin ${k} of ${bins.length}`);
  return bin;
}

function placeIn(bin: SplineBin, k: number, xi: number): SplinePlace {
  const { width, height, left, right } = bin;
  const mean = height / width;
  const q = xi * (1 - xi);
  const numerator = mean * xi ** 2 + left * q;
  const denominator = mean + (left + right - 2 * mean) * q;
  const derivativeFactor = right * xi ** 2 + 2 * mean * q + left * (1 - xi) ** 2;
  return {
    ...bin,
    k,
    xi,
    x: bin.x + width * xi,
    z: bin.z + (height * numerator) / denominator,
    mean,
    numerator,
    denominator,
    derivativeFactor,
    logDerivative: Math.log(derivativeFactor) + 2 * Math.log(mean / denominator),
  };
}

/** Shares that sum to 1. */
export function softmax(raw: readonly number[]): number[] {
  const largest = Math.max(...raw);
  const exps = raw.map((value) => Math.exp(value - largest));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return exps.map((value) => value / total);
}

/** The size that one unit of softmax share adds to an interval. */
export function wholeOf(bins: number, bound: number): number {
  return 2 * bound * (1 - MIN_SHARE * bins);
}

function softplus(v: number): number {
  return Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
}

/** ∂derivative/∂raw for an inner knot. */
export function derivativeGradient(raw: number): number {
  return 1 / (1 + Math.exp(-(raw + DERIVATIVE_SHIFT)));
}

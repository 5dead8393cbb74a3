/** Monotone rational-quadratic splines in f64, for one feature of one row. @see Durkan et al. 2019 */
import { at } from './at.ts';

const MIN_SHARE = 1e-3;
const MIN_DERIVATIVE = 1e-3;
/** With this shift, a raw 0 gives the derivative 1. */
const DERIVATIVE_SHIFT = Math.log(Math.expm1(1 - MIN_DERIVATIVE));

/** A bin and a position in it, with the common terms of the formulas. */
export interface SplinePlace {
  k: number;
  xi: number;
  x: number;
  z: number;
  width: number;
  height: number;
  /** Mean slope of the bin, and the slopes at its two knots. */
  mean: number;
  left: number;
  right: number;
  numerator: number;
  denominator: number;
  derivativeFactor: number;
  logDerivative: number;
}

/** The image of a value under the spline or its inverse, and log dz/dx there. Outside the spline is the identity. */
export function splineImage(
  raw: readonly number[],
  { bins, bound, inverse }: { bins: number; bound: number; inverse: boolean },
  value: number,
): { value: number; logDerivative: number } {
  if (Math.abs(value) > bound) return { value, logDerivative: 0 };
  const found = (inverse ? splineAtZ : splineAtX)(raw, bins, bound, value);
  return { value: inverse ? found.x : found.z, logDerivative: found.logDerivative };
}

/** The position of x in [−bound, bound] and its image under the spline. */
export function splineAtX(raw: readonly number[], bins: number, bound: number, x: number): SplinePlace {
  const knots = knotsOf(raw, bins, bound);
  const k = intervalOf(knots.x, x);
  const start = at(knots.x, k);
  return placeIn(knots, k, (x - start) / (at(knots.x, k + 1) - start));
}

/** The position of the x for which z = spline(x). */
export function splineAtZ(raw: readonly number[], bins: number, bound: number, z: number): SplinePlace {
  const knots = knotsOf(raw, bins, bound);
  const k = intervalOf(knots.y, z);
  const { width, height, left, right } = placeIn(knots, k, 0);
  const mean = height / width;
  const rise = z - at(knots.y, k);
  const bend = rise * (left + right - 2 * mean);
  const a = height * (mean - left) + bend;
  const b = height * left - bend;
  const c = mean * rise;
  return placeIn(knots, k, (2 * c) / (b + Math.sqrt(Math.max(b * b + 4 * a * c, 0))));
}

interface Knots {
  /** bins + 1 positions, from −bound to bound. */
  x: number[];
  y: number[];
  derivatives: number[];
}

function knotsOf(raw: readonly number[], bins: number, bound: number): Knots {
  const inner = raw.slice(2 * bins).map((value) => MIN_DERIVATIVE + softplus(value + DERIVATIVE_SHIFT));
  return {
    x: edgesOf(raw.slice(0, bins), bound),
    y: edgesOf(raw.slice(bins, 2 * bins), bound),
    derivatives: [1, ...inner, 1],
  };
}

function edgesOf(raw: readonly number[], bound: number): number[] {
  let edge = -bound;
  const inner = softmax(raw).map((share) => {
    edge += 2 * bound * MIN_SHARE + wholeOf(raw.length, bound) * share;
    return edge;
  });
  return [-bound, ...inner.slice(0, -1), bound];
}

function intervalOf(edges: readonly number[], value: number): number {
  const next = edges.findIndex((edge, i) => i > 0 && value < edge);
  return next < 0 ? edges.length - 2 : next - 1;
}

function placeIn({ x, y, derivatives }: Knots, k: number, xi: number): SplinePlace {
  const width = at(x, k + 1) - at(x, k);
  const height = at(y, k + 1) - at(y, k);
  const [left, right] = [at(derivatives, k), at(derivatives, k + 1)];
  const mean = height / width;
  const q = xi * (1 - xi);
  const numerator = mean * xi ** 2 + left * q;
  const denominator = mean + (left + right - 2 * mean) * q;
  const derivativeFactor = right * xi ** 2 + 2 * mean * q + left * (1 - xi) ** 2;
  return {
    k,
    xi,
    x: at(x, k) + width * xi,
    z: at(y, k) + (height * numerator) / denominator,
    width,
    height,
    mean,
    left,
    right,
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

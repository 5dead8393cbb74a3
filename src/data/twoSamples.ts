/** How far apart two samples of rows are. */
import type { Rows } from '../calls/callerArrays.ts';

/** Mean, standard deviation and skewness of the finite values; NaN if there are too few. */
export interface Moments {
  mean: number;
  sd: number;
  skewness: number;
}

export function momentsOfSample(values: readonly number[]): Moments {
  const average = (of: (value: number) => number): number =>
    values.reduce((sum, value) => sum + of(value), 0) / values.length;
  const mean = average((value) => value);
  const sd = Math.sqrt(average((value) => (value - mean) ** 2));
  return { mean, sd, skewness: average((value) => ((value - mean) / sd) ** 3) };
}

/** Where the distribution functions of two samples differ most. */
export interface KsGap {
  /** The Kolmogorov–Smirnov distance, from 0 to 1. */
  distance: number;
  /** The value there; NaN if the distance is 0. */
  at: number;
  /** The shares of both samples that are at most this value. */
  shares: [a: number, b: number];
}

/** The largest difference between the empirical distribution functions of two samples. NaN has no place in them. */
export function ksGap(a: ArrayLike<number>, b: ArrayLike<number>): KsGap {
  const [first, second] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j] = [0, 0];
  let gap: KsGap = { distance: 0, at: NaN, shares: [0, 0] };
  while (i < first.length && j < second.length) {
    const at = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    while (i < first.length && (first[i] ?? Infinity) <= at) i++;
    while (j < second.length && (second[j] ?? Infinity) <= at) j++;
    const shares: [number, number] = [i / first.length, j / second.length];
    const distance = Math.abs(shares[0] - shares[1]);
    if (distance > gap.distance) gap = { distance, at, shares };
  }
  return gap;
}

/** The distance of `ksGap`. */
export function ksDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return ksGap(a, b).distance;
}

/**
 * The Kolmogorov–Smirnov distance that samples of one distribution, of these sizes, exceed with this probability at most.
 * √(ln(2 / chance) / 2 · (1/a + 1/b))
 */
export function ksNoise(a: number, b: number, chance = 0.001): number {
  return Math.sqrt((Math.log(2 / chance) / 2) * (1 / a + 1 / b));
}

/** Half the sum of the differences between the shares of equally many levels, from 0 to 1. */
export function totalVariation(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, share, level) => sum + Math.abs(share - (b[level] ?? 0)), 0) / 2;
}

/**
 * The total variation that samples of one distribution, of these sizes, exceed with this probability at most: a bound of
 * its mean, ½ Σ √(p (1 − p) (1/a + 1/b)), and McDiarmid's bound of its distance from the mean.
 * @param shares of the levels in both samples together
 * @see McDiarmid 1989, https://doi.org/10.1017/CBO9781107359949.008
 */
export function totalVariationNoise(shares: readonly number[], a: number, b: number, chance: number): number {
  const size = Math.sqrt(1 / a + 1 / b);
  const mean = shares.reduce((sum, share) => sum + Math.sqrt(share * (1 - share)), 0) / 2;
  return size * (mean + Math.sqrt(Math.log(1 / chance) / 2));
}

/**
 * 2 E|X − Y| − E|X − X′| − E|Y − Y′| between two samples of rows [n, dim] and [m, dim], relative to 2 E|X − Y|: from 0
 * for equal samples to 1. The means include each row's distance 0 to itself, so samples of one distribution have about
 * (1/n + 1/m) / 2.
 * @see Székely and Rizzo 2013, https://doi.org/10.1016/j.jspi.2013.03.018
 */
export function energyDistance(x: Rows, y: Rows, dim: number): number {
  const across = 2 * meanDistance(x, y, dim);
  return across === 0 ? 0 : (across - meanDistance(x, x, dim) - meanDistance(y, y, dim)) / across;
}

function meanDistance(x: Rows, y: Rows, dim: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += dim) {
    for (let j = 0; j < y.length; j += dim) {
      let square = 0;
      for (let k = 0; k < dim; k++) square += ((x[i + k] ?? NaN) - (y[j + k] ?? NaN)) ** 2;
      sum += Math.sqrt(square);
    }
  }
  return (sum * dim * dim) / (x.length * y.length);
}

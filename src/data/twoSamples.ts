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

/** The largest difference between the empirical distribution functions of two samples, from 0 to 1. */
export function ksDistance(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [a.toSorted(ascending), b.toSorted(ascending)];
  let [i, j, largest] = [0, 0, 0];
  while (i < first.length && j < second.length) {
    const next = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    while ((first[i] ?? Infinity) <= next) i++;
    while ((second[j] ?? Infinity) <= next) j++;
    largest = Math.max(largest, Math.abs(i / first.length - j / second.length));
  }
  return largest;
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** √(ln(2 / 0.001) / 2): two samples of one distribution are farther apart once in a thousand times. */
const KS_QUANTILE = Math.sqrt(Math.log(2000) / 2);

/** The Kolmogorov–Smirnov distance that chance explains between samples of these sizes. */
export function ksNoise(a: number, b: number): number {
  return KS_QUANTILE * Math.sqrt(1 / a + 1 / b);
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

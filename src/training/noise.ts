/** The noise of training rows: normal, with the correlations of the rows themselves. */
import { readerOf, shrunkGaussian } from '../data/gaussian.ts';
import type { Rows } from '../calls/callerArrays.ts';
import { domainsOf } from '../spec/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';

/** Rows per distinct value from which on a column is a few values, not a range. */
const ROWS_OF_A_VALUE = 50;

/**
 * A lower triangular factor [D, D] of the noise's covariance: `jitter`² times that of the rows. A bounded column gets no
 * noise, because the noise could leave its domain. A column of few values gets none, because the noise would blur them.
 */
export function noiseFactor(spec: FlowSpec, data: Rows, jitter: number): Float32Array {
  const { dim } = spec;
  const { std, factor } = shrunkGaussian(readerOf(data, dim));
  const domains = domainsOf(spec);
  const isNoisy = Array.from(
    { length: dim },
    (_, column) => (domains?.[column] ?? 'real') === 'real' && !hasFewValues(data, dim, column),
  );
  return Float32Array.from(factor, (value, place) => {
    const column = Math.floor(place / dim);
    return isNoisy[column] === true ? jitter * (std[column] ?? 0) * value : 0;
  });
}

function hasFewValues(data: Rows, dim: number, column: number): boolean {
  const most = data.length / dim / ROWS_OF_A_VALUE;
  const found = new Set<number>();
  for (let at = column; at < data.length && found.size <= most; at += dim) found.add(data[at] ?? NaN);
  return found.size <= most;
}

/** The noise of training rows: normal, with the correlations of the rows themselves. */
import { readerOf, shrunkGaussian } from '../data/gaussian.ts';
import type { Rows } from '../calls/callerArrays.ts';
import { domainsOf } from '../spec/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';

/**
 * A lower triangular factor [D, D] of the noise's covariance: `jitter`² times that of the rows. A bounded column gets no
 * noise, because the noise could leave its domain, and neither does a column with cells that are intervals.
 */
export function noiseFactor(spec: FlowSpec, data: Rows, jitter: number, widths?: Float32Array): Float32Array {
  const { dim } = spec;
  const { std, factor } = shrunkGaussian(readerOf(data, dim));
  const domains = domainsOf(spec);
  const isInterval = Array.from({ length: dim }, () => false);
  widths?.forEach((width, place) => {
    if (width !== 0) isInterval[place % dim] = true;
  });
  return Float32Array.from(factor, (value, place) => {
    const column = Math.floor(place / dim);
    const isNoisy = (domains?.[column] ?? 'real') === 'real' && isInterval[column] !== true;
    return isNoisy ? jitter * (std[column] ?? 0) * value : 0;
  });
}

/** The noise of training rows: normal, with the correlations of the rows themselves. */
import { readerOf, shrunkGaussian } from '../data/gaussian.ts';
import type { Rows } from '../calls/callerArrays.ts';
import { domainsOf } from '../spec/offset.ts';
import type { FlowSpec } from '../spec/spec.ts';

/**
 * A lower triangular factor [D, D] of the noise's covariance: `jitter`² times that of the rows. A bounded column gets no
 * noise, because the noise could leave its domain.
 */
export function noiseFactor(spec: FlowSpec, data: Rows, jitter: number): Float32Array {
  const { dim } = spec;
  const { std, factor } = shrunkGaussian(readerOf(data, dim));
  const domains = domainsOf(spec);
  return Float32Array.from(factor, (value, place) => {
    const column = Math.floor(place / dim);
    const isNoisy = (domains?.[column] ?? 'real') === 'real';
    return isNoisy ? jitter * (std[column] ?? 0) * value : 0;
  });
}

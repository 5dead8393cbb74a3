/** The domain in which the numbers of a column are most like a normal. */
import { fromDomain, scaleOf } from '../model/domain.ts';
import type { Domain } from '../model/domain.ts';

/** Nats per row by which a bounded domain must fit better than the real line. */
const MIN_GAIN = 0.25;
/** Fewer numbers say too little. */
const MIN_NUMBERS = 10;

/**
 * The likeliest domain of numbers between `min` and `max`.
 * @param values a sample of them; with step 1, n stands for [n, n + 1)
 */
export function likelyDomain(
  values: readonly number[],
  { min, max, step }: { min: number; max: number; step: 0 | 1 },
): Domain {
  if (values.length < MIN_NUMBERS) return 'real';
  const bounded: Domain[] = [
    ...(min > 0 || (step === 1 && min === 0) ? ['positive' as const] : []),
    ...(min > 0 && max < 1 ? ['unit' as const] : []),
  ];
  const points = step === 1 ? values.map((value) => value + 0.5) : values;
  const real = fitOf(points, 'real') + MIN_GAIN;
  const [best] = bounded
    .map((domain) => ({ domain, fit: fitOf(points, domain) }))
    .sort((a, b) => b.fit - a.fit);
  return best !== undefined && best.fit > real ? best.domain : 'real';
}

/** Mean log-density, up to a constant, of the values under the normal fitted to their images. */
function fitOf(values: readonly number[], domain: Domain): number {
  const scale = domain === 'positive' ? scaleOf(mean(values)) : 1;
  const images = values.map((value) =>
    domain === 'real' ? { image: value, logDerivative: 0 } : fromDomain(domain, value, scale),
  );
  const centre = mean(images.map(({ image }) => image));
  const variance = mean(images.map(({ image }) => (image - centre) ** 2));
  return mean(images.map(({ logDerivative }) => logDerivative)) - 0.5 * Math.log(variance);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

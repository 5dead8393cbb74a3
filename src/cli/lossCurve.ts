/** A training curve, reduced to the points that a chart shows. */
import { quantile, sortedFinite } from './quantiles.ts';

/** NLL in nats at each step. */
export interface LossCurve {
  step: ArrayLike<number>;
  nll: ArrayLike<number>;
}

/** Median of the last twentieth of the steps, in nats: the training NLL without the noise of one batch. */
export function finalMedian(losses: LossCurve): number | undefined {
  const nll = Array.from(losses.nll);
  const tail = sortedFinite(nll.slice(-Math.max(5, Math.ceil(nll.length / 20))));
  return tail.length > 0 ? quantile(tail, 0.5) : undefined;
}

/** Cuts a curve at the top of the chart: a line that leaves it ends at the edge instead of following it. */
export function cutAbove(curve: [number, number][], top: number): [number, number][] {
  const inside = (i: number): boolean => (curve[i]?.[1] ?? NaN) <= top;
  return curve.map(([step, value], i) => {
    if (inside(i)) return [step, value];
    return [step, inside(i - 1) || inside(i + 1) ? top : NaN];
  });
}

/** From just below the entropy or the lowest steps to just above all but the first and most extreme ones. */
export function lossDomain(nll: readonly number[], entropy: number | undefined): [low: number, high: number] {
  const values = sortedFinite(nll);
  if (values.length === 0) return [0, 1];
  const low = Math.min(quantile(values, 0.005), entropy ?? Infinity);
  const high = Math.max(quantile(values, 0.95), entropy ?? -Infinity);
  const span = high - low || 1;
  return [low - 0.12 * span, high + 0.3 * span];
}

/** The curve itself, or the lowest and highest value in each of `buckets` intervals. */
export function extremes({ step, nll }: LossCurve, buckets: number): [number, number][] {
  const at = (i: number): [number, number] => [step[i] ?? NaN, nll[i] ?? NaN];
  if (nll.length <= 2 * buckets) return Array.from({ length: nll.length }, (_, i) => at(i));
  return Array.from({ length: buckets }, (_, bucket) => {
    const start = Math.floor((bucket * nll.length) / buckets);
    const end = Math.floor(((bucket + 1) * nll.length) / buckets);
    let [lowest, highest] = [start, start];
    for (let i = start; i < end; i++) {
      if ((nll[i] ?? NaN) < (nll[lowest] ?? NaN)) lowest = i;
      if ((nll[i] ?? NaN) > (nll[highest] ?? NaN)) highest = i;
    }
    return [at(Math.min(lowest, highest)), at(Math.max(lowest, highest))];
  }).flat();
}

/** Median over a window of a fortieth of the steps; the window shrinks to one-sided at the ends. */
export function runningMedian({ step, nll }: LossCurve, samples: number): [number, number][] {
  const values = Array.from(nll);
  const reach = Math.max(2, Math.ceil(values.length / 80));
  const count = Math.min(samples, values.length);
  return Array.from({ length: count }, (_, sample) => {
    const center = count === 1 ? 0 : Math.round((sample * (values.length - 1)) / (count - 1));
    const near = sortedFinite(values.slice(Math.max(0, center - reach), center + reach + 1));
    return [step[center] ?? NaN, near.length > 0 ? quantile(near, 0.5) : NaN];
  });
}

/** A training curve of any length in bounded memory: means over stretches, which double as needed. */

/** The most stretches; the chart has fewer pixels than this. */
const MAX_LENGTH = 400;
/** Steps that the smoothed loss averages over, at most a quarter of the run. */
const SMOOTHING = 100;

export interface LossPoint {
  /** Step in the middle of the stretch. */
  step: number;
  nll: number;
}

/** A held-out NLL and its standard error, nats; the error is NaN for a single row. */
export interface Score extends LossPoint {
  error: number;
}

/** The held-out NLL has risen: the last `scores` scores exceed the best by more than their standard error. */
export interface Rise {
  best: Score;
  last: Score;
  scores: number;
}

/** Fewer scores above the best in a row may be chance. */
const MIN_RISE = 3;

export interface LossCurve {
  /** Steps per stretch, and the losses of each stretch. */
  stretch: number;
  sums: readonly { sum: number; count: number }[];
  steps: number;
  /** The first loss, and the current one without the noise of single batches; null before the first step. */
  first: number | null;
  smoothed: number | null;
  /** Finite held-out scores; the last score, which may not be finite; and the best. */
  validation: readonly LossPoint[];
  lastScore: Score | null;
  best: Score | null;
  /** Steps of the last scores, if all are worse than the best. */
  worse: readonly number[];
}

export const EMPTY_CURVE: LossCurve = {
  stretch: 1,
  sums: [],
  steps: 0,
  first: null,
  smoothed: null,
  validation: [],
  lastScore: null,
  best: null,
  worse: [],
};

/**
 * @param losses of consecutive steps, nats; not a number if unknown
 * @param last the last of these steps. Steps that the curve has already are left out: a run that goes on from a
 * snapshot repeats them
 */
export function withLosses(
  curve: LossCurve,
  losses: ArrayLike<number>,
  last = curve.steps + losses.length,
): LossCurve {
  let { stretch, first, smoothed } = curve;
  let sums = [...curve.sums];
  const from = last - losses.length;
  for (let step = Math.max(curve.steps, from); step < last; step++) {
    const place = Math.floor(step / stretch);
    while (sums.length <= place) sums.push({ sum: 0, count: 0 });
    const nll = losses[step - from] ?? NaN;
    const found = sums[place];
    if (found === undefined || !Number.isFinite(nll)) continue;
    sums[place] = { sum: found.sum + nll, count: found.count + 1 };
    first ??= nll;
    const weight = 1 / Math.min(SMOOTHING, Math.max(1, (step + 1) / 4));
    smoothed = smoothed === null ? nll : smoothed + weight * (nll - smoothed);
  }
  for (; sums.length > MAX_LENGTH; stretch *= 2) sums = inPairs(sums);
  return { ...curve, stretch, sums, steps: Math.max(curve.steps, last), first, smoothed };
}

/** @param score held out; its NLL may not be finite */
export function withScore(curve: LossCurve, score: Score): LossCurve {
  const { step, nll } = score;
  if (!Number.isFinite(nll)) return { ...curve, lastScore: score };
  const validation = [...curve.validation, { step, nll }];
  return {
    ...curve,
    ...compared(curve, score),
    lastScore: score,
    validation: validation.length > MAX_LENGTH ? validation.filter((_, i) => i % 2 === 1) : validation,
  };
}

/** Mean loss of each stretch that has any. */
export function trainingLine({ sums, stretch }: LossCurve): LossPoint[] {
  return sums.flatMap(({ sum, count }, i) =>
    count === 0 ? [] : [{ step: (i + 0.5) * stretch, nll: sum / count }],
  );
}

/** Null while the held-out NLL falls, or until it has risen long enough. */
export function riseOf({ best, lastScore, worse }: LossCurve): Rise | null {
  if (best === null || lastScore === null || worse.length < MIN_RISE) return null;
  return { best, last: lastScore, scores: worse.length };
}

/** A repeated score at the same step adds nothing. */
function compared({ best, worse }: LossCurve, score: Score): Pick<LossCurve, 'best' | 'worse'> {
  if (best === null || score.nll < best.nll) return { best: score, worse: [] };
  if (!(score.nll - best.nll > Math.max(score.error, best.error))) return { best, worse: [] };
  return { best, worse: worse.at(-1) === score.step ? worse : [...worse, score.step] };
}

function inPairs(sums: LossCurve['sums']): { sum: number; count: number }[] {
  return Array.from({ length: Math.ceil(sums.length / 2) }, (_, i) => {
    const [a, b] = [sums[2 * i], sums[2 * i + 1]];
    return { sum: (a?.sum ?? 0) + (b?.sum ?? 0), count: (a?.count ?? 0) + (b?.count ?? 0) };
  });
}

/** Spikes are cut off this many times as far above the upper quartile as it lies above the minimum. */
const SPIKE = 5;

/** From just below the floor or the lowest loss to above all losses except a wild start and spikes. */
export function lossRange(values: readonly number[], floor: number | null): [low: number, high: number] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return floor === null ? [0, 3] : [floor - 0.3, floor + 2];
  const low = Math.min(sorted[0] ?? 0, floor ?? Infinity);
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
  const upper = quantile(0.75);
  const usual = Math.min(quantile(0.98), upper + SPIKE * (upper - low));
  const high = Math.max(usual, (floor ?? -Infinity) + 0.1);
  // Far from 0, floating-point numbers cannot resolve a smaller span.
  const span = Math.max(0.2, 1e-6 * Math.abs(low), high - low);
  return [low - 0.08 * span, low + 1.12 * span];
}

/** Round numbers that cut a range into at most `parts` parts: three to six by default. */
export function ticks([low, high]: readonly [number, number], parts = 4): number[] {
  const rough = (high - low) / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from(
    { length: Math.max(0, Math.floor(high / step) - first + 1) },
    (_, i) => (first + i) * step,
  );
}

/** A training curve of any length in bounded memory: means over stretches that double when there are too many. */

/** Stretches at most; the chart has fewer pixels than this. */
const MAX_LENGTH = 400;
/** Steps over which the smoothed loss looks back, at most a quarter of the run. */
const SMOOTHING = 100;

export interface LossPoint {
  /** Step in the middle of the stretch. */
  step: number;
  nll: number;
}

/** A held-out NLL and its standard error, nats; the error is no number for a single row. */
export interface Score extends LossPoint {
  error: number;
}

/** The held-out NLL has risen: the last `scores` are above the best by more than their standard error. */
export interface Rise {
  best: Score;
  last: Score;
  scores: number;
}

/** Fewer scores in a row above the best may be chance. */
const MIN_RISE = 3;

export class LossSeries {
  #stretch = 1;
  #sums: { sum: number; count: number }[] = [];
  #validation: LossPoint[] = [];
  #lastScore: Score | null = null;
  #best: Score | null = null;
  /** Steps of the last scores, all of them worse than the best. */
  #worse: number[] = [];
  #steps = 0;
  #smoothed: number | null = null;
  #first: number | null = null;

  clear(): void {
    this.#stretch = 1;
    this.#sums = [];
    this.#validation = [];
    this.#lastScore = null;
    this.#best = null;
    this.#worse = [];
    this.#steps = 0;
    this.#smoothed = null;
    this.#first = null;
  }

  /** Losses of consecutive steps, nats. */
  add(losses: ArrayLike<number>): void {
    for (let i = 0; i < losses.length; i++) {
      const nll = losses[i] ?? NaN;
      if (!Number.isFinite(nll)) continue;
      const last = this.#sums.at(-1);
      if (last === undefined || last.count === this.#stretch) this.#sums.push({ sum: nll, count: 1 });
      else {
        last.sum += nll;
        last.count++;
      }
      this.#steps++;
      this.#first ??= nll;
      const weight = 1 / Math.min(SMOOTHING, Math.max(1, this.#steps / 4));
      this.#smoothed = this.#smoothed === null ? nll : this.#smoothed + weight * (nll - this.#smoothed);
    }
    while (this.#sums.length > MAX_LENGTH) this.#halve();
  }

  /** A held-out NLL, which may be no finite number. */
  score(step: number, nll: number, error: number): void {
    const score = { step, nll, error };
    this.#lastScore = score;
    if (!Number.isFinite(nll)) return;
    this.#compare(score);
    this.#validation.push({ step, nll });
    if (this.#validation.length > MAX_LENGTH)
      this.#validation = this.#validation.filter((_, i) => i % 2 === 1);
  }

  /** Mean loss of each stretch. */
  get training(): LossPoint[] {
    return this.#sums.map(({ sum, count }, i) => ({ step: (i + 0.5) * this.#stretch, nll: sum / count }));
  }

  get validation(): readonly LossPoint[] {
    return this.#validation;
  }

  get lastScore(): Score | null {
    return this.#lastScore;
  }

  /** Null while the held-out NLL falls, or has not risen for long enough. */
  get rise(): Rise | null {
    const [best, last, scores] = [this.#best, this.#lastScore, this.#worse.length];
    return best === null || last === null || scores < MIN_RISE ? null : { best, last, scores };
  }

  /** The loss now, without the noise of single batches; null before the first step. */
  get smoothed(): number | null {
    return this.#smoothed;
  }

  get first(): number | null {
    return this.#first;
  }

  /** A model that is scored again tells nothing new. */
  #compare(score: Score): void {
    if (this.#best === null || score.nll < this.#best.nll) {
      this.#best = score;
      this.#worse = [];
    } else if (!(score.nll - this.#best.nll > Math.max(score.error, this.#best.error))) {
      this.#worse = [];
    } else if (this.#worse.at(-1) !== score.step) this.#worse.push(score.step);
  }

  #halve(): void {
    const sums = this.#sums;
    this.#stretch *= 2;
    this.#sums = Array.from({ length: Math.ceil(sums.length / 2) }, (_, i) => {
      const [a, b] = [sums[2 * i], sums[2 * i + 1]];
      return { sum: (a?.sum ?? 0) + (b?.sum ?? 0), count: (a?.count ?? 0) + (b?.count ?? 0) };
    });
  }
}

/** How far above the upper quartile the range goes, in distances of that from the lowest: a spike is cut off. */
const SPIKE = 5;

/** From just below the floor or the lowest loss to above all but the wildest start and spikes. */
export function lossRange(values: readonly number[], floor: number | null): [low: number, high: number] {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return floor === null ? [0, 3] : [floor - 0.3, floor + 2];
  const low = Math.min(sorted[0] ?? 0, floor ?? Infinity);
  const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
  const upper = quantile(0.75);
  const usual = Math.min(quantile(0.98), upper + SPIKE * (upper - low));
  const high = Math.max(usual, (floor ?? -Infinity) + 0.1);
  // Far from 0 two numbers that differ by less are the same.
  const span = Math.max(0.2, 1e-6 * Math.abs(low), high - low);
  return [low - 0.08 * span, low + 1.12 * span];
}

/** Three to six round numbers of a range. */
export function ticks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from(
    { length: Math.max(0, Math.floor(high / step) - first + 1) },
    (_, i) => (first + i) * step,
  );
}

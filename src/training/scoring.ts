/** How and when to score the validation rows during training. */
import { gaussianLogProb, gaussianOf, momentsOf, readerOf } from '../data/gaussian.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { meanNll } from '../data/statistics.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { Trainee } from './trainee.ts';

/** The score of the flow on the validation rows. */
export interface Score {
  /** Mean NLL, in nats. */
  nll: number;
  /** The value to maximise: the negative mean NLL. */
  merit: number;
  /** The row with the lowest log-density. */
  worst: WorstRow;
}

/** A validation row. */
export interface WorstRow {
  /** Its index in the table that it was held out of, or in the validation rows that were given. */
  row: number;
  /** −log p under the flow, in nats. */
  nll: number;
  /** −log p under a Gaussian fitted to the training rows; absent if there is none. */
  gaussianNll?: number;
}

export interface Scorer {
  score: (signal?: AbortSignal) => Promise<Score>;
  /** Mean NLL of the rows under a Gaussian fitted to the training rows; undefined if there is none. */
  gaussianNll: number | undefined;
}

/** Scores the validation rows with the training kernels, so that a resumed run gets the same scores. */
export function scorerOf(
  { model, logProb }: Trainee,
  { data, context, places }: ContextRows & { places?: Uint32Array },
  training: ContextRows | undefined,
  variants: KernelVariants,
): Scorer {
  const { dim } = model().spec;
  const reader = training && readerOf(training.data, dim, training.context);
  const gaussian = reader && gaussianOf(momentsOf(reader), reader);
  const rows = { values: data, count: data.length / dim };
  const baseline = gaussian && gaussianLogProb(gaussian, readerOf(data, dim, context));
  return {
    gaussianNll: baseline && meanNll(baseline),
    score: async (signal) => {
      const found = await logProb(rows, { context, signal }, variants);
      const nll = meanNll(found);
      return { nll, merit: -nll, worst: worstOf(found) };
    },
  };

  function worstOf(logProb: Float32Array): WorstRow {
    const worst = logProb.reduce((row, value, other) => (value < (logProb[row] ?? NaN) ? other : row), 0);
    return {
      row: places?.[worst] ?? worst,
      nll: -(logProb[worst] ?? NaN),
      ...(baseline === undefined ? {} : { gaussianNll: -(baseline[worst] ?? NaN) }),
    };
  }
}

/** Minimum number of scores in a run. */
const SCORES = 50;

/** Steps in which the NLL may rise before it falls. */
const FIRST_STEPS = 200;

export interface ScoringPace {
  /** Steps between scores, if the caller sets it. */
  every?: number;
  /** Training rows, and rows per batch. */
  rows: number;
  batch: number;
  /** Steps of the whole run. */
  steps: number;
}

/**
 * The first step after `step` that is followed by a score. A small table is memorised within a few steps, so
 * the pace depends on the rows seen. There is a score after each pass over the rows, later after a tenth more
 * of them, and at least 50 in a run.
 */
export function nextScoreAfter(step: number, { every, rows, batch, steps }: ScoringPace): number {
  if (every !== undefined) return step + every - (step % every);
  const max = Math.max(1, Math.ceil(steps / SCORES));
  const pass = Math.min(max, Math.ceil(rows / batch));
  let next = 0;
  while (next <= step) next += Math.min(max, Math.max(pass, Math.ceil(next / 10)));
  return next;
}

/** Whether a score follows `step`; the start is scored too. */
export function isScored(step: number, pace: ScoringPace): boolean {
  return step === 0 || nextScoreAfter(step - 1, pace) === step;
}

/** Whether a score after `step` counts against patience if it is no better. */
export function isCounted(step: number, { every }: ScoringPace): boolean {
  return every === undefined ? step >= FIRST_STEPS : step > 0;
}

/** How and when to score the validation rows during training. */
import type { Rows } from '../calls/callerArrays.ts';
import { drawCells, logMassOf, repeated } from '../data/cells.ts';
import { gaussianLogProb, gaussianOf, momentsOf, readerOf } from '../data/gaussian.ts';
import { heldOutOf } from '../data/heldOut.ts';
import type { HeldOut } from '../data/heldOut.ts';
import type { ContextRows } from '../data/holdOut.ts';
import { drawsOf, logMasses } from '../data/logMasses.ts';
import { meanNll } from '../data/statistics.ts';
import { weightedMean } from '../data/weights.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { ValidationRows } from './rows.ts';
import type { Trainee } from './trainee.ts';

/** The score of the flow on the validation rows. */
export interface Score {
  /** Mean NLL, in nats. A row without density counts like the least likely row that has one; infinite if none has. */
  nll: number;
  /** Rows without density. */
  withoutDensity: number;
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
  /** The distribution of log p over the rows, each by as many points as `Flow.logProb` draws. */
  heldOut: () => Promise<HeldOut | undefined>;
}

/** Points drawn from each row of cells for a score; the same ones for each score of a run. */
const SCORE_DRAWS = 4;

/** The rows of a run, and the seed of the points drawn from cells. */
interface ScoredRows {
  validation: ContextRows & Pick<ValidationRows, 'places'>;
  training: ContextRows | undefined;
  seed: number;
}

/** Scores the validation rows with the training kernels, so that a resumed run gets the same scores. */
export function scorerOf(
  { model, logProb }: Trainee,
  { validation, training, seed }: ScoredRows,
  variants: KernelVariants,
): Scorer {
  const { spec } = model();
  const { dim } = spec;
  const { weights, places } = validation;
  const learned = training && pointsOf(training, dim, { seed, draws: 1 });
  const reader = learned && readerOf(learned.values, dim, learned.context, training.weights);
  const gaussian = reader && gaussianOf(momentsOf(reader), reader);
  const { values, context, massesOf } = pointsOf(validation, dim, {
    seed,
    draws: drawsOf(spec, SCORE_DRAWS),
  });
  const rows = { values, count: values.length / dim };
  const baseline = gaussian && massesOf(gaussianLogProb(gaussian, readerOf(values, dim, context)));
  const nllOf = (logProb: Float32Array | Float64Array): number =>
    weights === undefined ? meanNll(logProb) : -weightedMean(logProb, weights);
  return {
    gaussianNll: baseline && nllOf(baseline),
    score: async (signal) => {
      const found = massesOf(await logProb(rows, { context, signal }, variants));
      const { logProb: scored, withoutDensity } = withDensity(found);
      const nll = nllOf(scored);
      return { nll, withoutDensity, merit: -nll, worst: worstOf(found) };
    },
    heldOut: async () => {
      const logProbOf = (of: Rows, given: Float32Array | undefined): Promise<Float32Array> =>
        logProb({ values: of, count: of.length / dim }, { context: given }, variants);
      const { data, widths } = validation;
      if (widths === undefined) return heldOutOf(await logProbOf(data, context));
      const cells = { values: data, widths };
      return heldOutOf(await logMasses(cells, spec, { context: validation.context }, logProbOf));
    },
  };

  function worstOf(logProb: Rows): WorstRow {
    let worst = 0;
    logProb.forEach((value: number, row: number) => {
      if (densityOf(value) < densityOf(logProb[worst])) worst = row;
    });
    return {
      row: places?.[worst] ?? worst,
      nll: -densityOf(logProb[worst]),
      ...(baseline === undefined ? {} : { gaussianNll: -(baseline[worst] ?? NaN) }),
    };
  }
}

/** A row that float32 cannot score has no density either. */
function densityOf(logProb = NaN): number {
  return Number.isFinite(logProb) ? logProb : -Infinity;
}

/** The log-densities with the smallest finite one in place of those that are not finite, and their count. */
function withDensity(logProb: Rows): { logProb: Rows; withoutDensity: number } {
  let withoutDensity = 0;
  let least = Infinity;
  for (const value of logProb) {
    if (!Number.isFinite(value)) withoutDensity++;
    else if (value < least) least = value;
  }
  if (withoutDensity === 0) return { logProb, withoutDensity };
  const filled = logProb.map((value: number) =>
    Number.isFinite(value) ? value : least === Infinity ? -Infinity : least,
  );
  return { logProb: filled, withoutDensity };
}

/** Points of the rows, and the log-density or log-mass of each row from the log-densities of its points. */
function pointsOf(
  { data, context, widths }: ContextRows,
  dim: number,
  { seed, draws }: { seed: number; draws: number },
): {
  values: Rows;
  context: Float32Array | undefined;
  massesOf: <Of extends Rows>(logProb: Of) => Of | Float32Array;
} {
  if (widths === undefined) return { values: data, context, massesOf: (logProb) => logProb };
  const { values, logVolume } = drawCells({ values: data, widths }, dim, { seed, draws });
  return {
    values,
    context: context && repeated(context, data.length / dim, draws),
    massesOf: (logProb) => logMassOf(logProb, logVolume, draws),
  };
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

/** When the validation rows are scored while training goes on. */

/** Scores of a run that is long for its data. */
const SCORES = 50;

/** Steps in which a run may climb before it falls. */
const FIRST_STEPS = 200;

export interface ScoringPace {
  /** Steps from score to score, if the caller asks for a number. */
  every?: number;
  /** Rows to learn from, and rows of a batch. */
  rows: number;
  batch: number;
  /** Steps of the whole run. */
  steps: number;
}

/**
 * The first step after `step` that is followed by a score. A small table is learned by heart within a few steps, so the
 * pace follows the rows that were seen: a score after each pass over the rows, later after a tenth more of them, but at
 * least 50 in a run.
 */
export function nextScoreAfter(step: number, { every, rows, batch, steps }: ScoringPace): number {
  if (every !== undefined) return step + every - (step % every);
  const most = Math.max(1, Math.ceil(steps / SCORES));
  const pass = Math.min(most, Math.ceil(rows / batch));
  let next = 0;
  while (next <= step) next += Math.min(most, Math.max(pass, Math.ceil(next / 10)));
  return next;
}

/** Whether a score follows `step`; one follows the start. */
export function isScored(step: number, pace: ScoringPace): boolean {
  return step === 0 || nextScoreAfter(step - 1, pace) === step;
}

/** Whether a score after `step` that is no better counts against patience. */
export function isCounted(step: number, { every }: ScoringPace): boolean {
  return every === undefined ? step >= FIRST_STEPS : step > 0;
}

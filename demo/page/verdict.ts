/** The loss in plain words. */
import { count, nats } from './figures.ts';
import type { Rise } from './lossCurve.ts';

export interface Standing {
  step: number;
  /** The smoothed training NLL, nats. */
  training: number | null;
  /** The last held-out NLL, nats; not finite if some row has no finite density. */
  validation: number | null;
  /** The standard error of the last held-out NLL, nats. */
  validationError: number | null;
  /** Entropy of the data, if known. */
  floor: number | null;
  /** Held-out NLL of a Gaussian fitted to the training rows, if known. */
  gaussianNll: number | null;
  /** Name of the column that the model is conditioned on; the floor is conditioned on it too. */
  given: string | null;
  /** The base has bounded support: points outside it have no density. */
  isBounded: boolean;
  /** Training stopped because its loss was not a number. */
  hasDiverged: boolean;
  /** The rise of the held-out NLL since its best; null while it may be chance. */
  rise: Rise | null;
  /** Held-out points stop training: the best parameters are kept whenever it rests. */
  keepsBest: boolean;
  isResting: boolean;
  /** The points repeat, so a model can memorise them. */
  isFinite: boolean;
  /** NLL at the first steps, nats. */
  start: number | null;
  /** Words on the origin of a model without steps here; null for a fresh one. */
  origin: string | null;
}

/** Nats that two decimals show as 0.00. */
const SHOWN_AS_ZERO = 0.005;

/** A score this many standard errors from the floor is beyond chance. */
const BEYOND_CHANCE = 4;
/** Used if the standard error is unknown, nats. */
const USUAL_ERROR = 0.02;

/** A larger rise than the differences between batches, nats. */
const CLIMB = 1;

/** A model this far above the best, in nats, is useless. */
const USELESS = 100;

/** Gains are written as odds up to a million, as a power of ten up to 10^1000, and in nats beyond. */
const MAX_COUNTED = Math.log(1e6);
const MAX_POWER = 1000 * Math.LN10;

/** Advice after training has failed. */
const AGAIN = 'Reset, and train with a lower learning rate.';

/** The verdict, in one or two sentences. */
export function verdict(standing: Standing): string {
  const { step, training, validation, isBounded, hasDiverged, rise, isFinite, start, origin } = standing;
  if (hasDiverged) return `Training has diverged: its loss is not a number. ${AGAIN}`;
  const score = validation ?? training;
  if (step === 0 || score === null) return origin ?? 'Nothing trained yet.';
  if (score === Infinity) {
    const cause = isBounded ? 'the base ends before they do' : 'their density is too small for a number';
    return `Some held-out points lie where its density is zero: ${cause}.`;
  }
  if (!Number.isFinite(score)) {
    return `The density of some held-out points is not a number: the model has diverged. ${AGAIN}`;
  }
  const sentences = [fallen(training, score, start) ?? reached(score, standing)];
  if (isFinite && rise !== null && !(standing.keepsBest && standing.isResting)) {
    sentences.push(
      `On held-out points it was best at step ${count(rise.best.step)}, and is ${nats(rise.last.nll - rise.best.nll)} worse in the last ${rise.scores} scores: it has begun to learn yours by heart.`,
    );
  }
  return sentences.join(' ');
}

/** A sentence if the model is worse than at the start. */
function fallen(training: number | null, score: number, start: number | null): string | undefined {
  if (start === null || score - start <= CLIMB) return undefined;
  const worse = `${nats(score - start)} worse than at the start`;
  return training !== null && training - start > CLIMB
    ? `${capitalised(worse)}: training has diverged. ${AGAIN}`
    : `${capitalised(worse)} on held-out points: the density of some is almost zero.`;
}

function reached(score: number, standing: Standing): string {
  const { floor, given, start, validation, validationError, gaussianNll } = standing;
  if (floor !== null) return aboveFloor(score - floor, validationError ?? USUAL_ERROR, given);
  if (gaussianNll !== null && validation !== null) return nextToGaussian(score, gaussianNll, standing);
  if (start === null || start - score <= SHOWN_AS_ZERO) {
    return `${capitalised(nats(score))}; no better than at the start yet.`;
  }
  return `${capitalised(nats(score))}. ${capitalised(odds(start - score))} as at the start; nobody knows the floor of your data.`;
}

/** The verdict on rows whose floor is unknown. */
function nextToGaussian(score: number, gaussianNll: number, { isResting }: Standing): string {
  const gain = gaussianNll - score;
  const fitted = 'a Gaussian fitted to the same rows';
  const is = capitalised(nats(score));
  if (gain > SHOWN_AS_ZERO) return `${is} on rows held out: ${nats(gain)} better than ${fitted}.`;
  const worse = gain < -SHOWN_AS_ZERO ? `${nats(-gain)} worse than` : 'no better than';
  if (!isResting) return `${is} on rows held out: still ${worse} ${fitted}.`;
  return `${is} on rows held out: ${worse} ${fitted}. Train on, or give it more rows or fewer columns.`;
}

function aboveFloor(gap: number, error: number, given: string | null): string {
  const best = `the best any model${given === null ? '' : ` that is told the ${given}`} can do`;
  if (gap < -Math.max(SHOWN_AS_ZERO, BEYOND_CHANCE * error)) {
    return `${capitalised(nats(-gap))} below ${best}, which cannot be: its density is wrong where it was scored.`;
  }
  if (gap < -SHOWN_AS_ZERO) {
    return `At the floor: as good as ${best}, and ${nats(-gap)} better by chance of the points it is scored on.`;
  }
  if (gap <= SHOWN_AS_ZERO) return `At the floor: ${SHOWN_AS_ZERO} nats or less above ${best}.`;
  const amount = `${capitalised(nats(gap))} above ${best}`;
  if (gap < 0.05) return `${amount}: all but done.`;
  if (gap < 0.3) return `${amount}: the shape is there, the edges are still soft.`;
  return gap < USELESS
    ? `${amount}: much to learn yet.`
    : `${amount}: the density of some points is almost zero.`;
}

/** e^gain in words: a gain of log 2 nats makes each point twice as probable. */
function odds(gain: number): string {
  if (gain > MAX_POWER) return `${nats(gain)} better per point`;
  if (gain > MAX_COUNTED) return `10^${Math.floor(gain / Math.LN10)} times as probable per point`;
  const factor = Math.exp(gain);
  return `${factor < 10 ? factor.toFixed(1) : count(factor)} times as probable per point`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

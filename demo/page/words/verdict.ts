/** The loss in plain words. */
import { count, nats } from '../figures.ts';
import type { Rise } from '../lossCurve.ts';
import { capitalised, say } from './sentence.ts';
import type { Sentences } from './sentence.ts';

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

/** Sentences about the score, in the order in which they are tried. */
export const VERDICTS: Sentences<Standing> = {
  diverged: ({ hasDiverged }) => hasDiverged && `Training has diverged: its loss is not a number. ${AGAIN}`,
  elsewhere: ({ step, origin }) => step === 0 && origin !== null && origin,
  untrained: ({ step }) => step === 0 && 'Nothing trained yet.',
  unscored: (standing) => scoreOf(standing) === null && 'Trained, but its loss is not known yet.',
  outside: (standing) =>
    scoreOf(standing) === Infinity &&
    standing.isBounded &&
    'Some held-out points lie where its density is zero: the base ends before they do.',
  underflow: (standing) =>
    scoreOf(standing) === Infinity &&
    'Some held-out points lie where its density is zero: their density is too small for a number.',
  notANumber: (standing) =>
    !Number.isFinite(scoreOf(standing)) &&
    `The density of some held-out points is not a number: the model has diverged. ${AGAIN}`,
  fallen: (standing) => {
    const { training, start } = standing;
    const isTrue =
      start !== null && training !== null && Math.min(training, scored(standing)) - start > CLIMB;
    return isTrue && `${worse(standing)}: training has diverged. ${AGAIN}`;
  },
  fallenOnHeldOut: (standing) =>
    standing.start !== null &&
    scored(standing) - standing.start > CLIMB &&
    `${worse(standing)} on held-out points: the density of some is almost zero.`,
  belowFloor: (standing) =>
    gapOf(standing) < -Math.max(SHOWN_AS_ZERO, BEYOND_CHANCE * (standing.validationError ?? USUAL_ERROR)) &&
    `${capitalised(nats(-gapOf(standing)))} below ${best(standing)}, which cannot be: its density is wrong where it was scored.`,
  luckyAtFloor: (standing) =>
    gapOf(standing) < -SHOWN_AS_ZERO &&
    `At the floor: as good as ${best(standing)}, and ${nats(-gapOf(standing))} better by chance of the points it is scored on.`,
  atFloor: (standing) =>
    gapOf(standing) <= SHOWN_AS_ZERO &&
    `At the floor: ${SHOWN_AS_ZERO} nats or less above ${best(standing)}.`,
  nearFloor: (standing) => gapOf(standing) < 0.05 && `${above(standing)}: all but done.`,
  softEdges: (standing) =>
    gapOf(standing) < 0.3 && `${above(standing)}: the shape is there, the edges are still soft.`,
  farFromFloor: (standing) => gapOf(standing) < USELESS && `${above(standing)}: much to learn yet.`,
  uselesslyFar: (standing) =>
    standing.floor !== null && `${above(standing)}: the density of some points is almost zero.`,
  betterThanGaussian: (standing) =>
    gainOf(standing) > SHOWN_AS_ZERO &&
    `${heldOut(standing)}: ${nats(gainOf(standing))} better than ${FITTED}.`,
  asGoodAsGaussian: (standing) =>
    gainOf(standing) >= -SHOWN_AS_ZERO &&
    `${heldOut(standing)}: ${standing.isResting ? '' : 'still '}no better than ${FITTED}.${advice(standing)}`,
  worseThanGaussian: (standing) =>
    gainOf(standing) < -SHOWN_AS_ZERO &&
    `${heldOut(standing)}: ${standing.isResting ? '' : 'still '}${nats(-gainOf(standing))} worse than ${FITTED}.${advice(standing)}`,
  noBetterYet: (standing) =>
    (standing.start === null || standing.start - scored(standing) <= SHOWN_AS_ZERO) &&
    `${capitalised(nats(scored(standing)))}; no better than at the start yet.`,
  betterThanStart: (standing) =>
    `${capitalised(nats(scored(standing)))}. ${capitalised(odds((standing.start ?? NaN) - scored(standing)))} as at the start; nobody knows the floor of your data.`,
};

/** A second sentence. */
export const REMARKS: Sentences<Standing> = {
  byHeart: ({ hasDiverged, isFinite, rise, keepsBest, isResting }) =>
    !hasDiverged &&
    isFinite &&
    rise !== null &&
    !(keepsBest && isResting) &&
    ` On held-out points it was best at step ${count(rise.best.step)}, and is ${nats(rise.last.nll - rise.best.nll)} worse in the last ${rise.scores} scores: it has begun to learn yours by heart.`,
  none: () => '',
};

/** The verdict, in one or two sentences. */
export function verdict(standing: Standing): string {
  const isScored = standing.step > 0 && Number.isFinite(scoreOf(standing));
  return `${say(VERDICTS, standing)}${isScored ? say(REMARKS, standing) : ''}`;
}

const FITTED = 'a Gaussian fitted to the same rows';

/** The held-out score if there is one, else the training loss. */
function scoreOf({ validation, training }: Standing): number | null {
  return validation ?? training;
}

/** The same, where there must be one. */
function scored(standing: Standing): number {
  return scoreOf(standing) ?? NaN;
}

/** Nats above the floor; not a number if the floor is unknown, so that no comparison holds. */
function gapOf(standing: Standing): number {
  return scored(standing) - (standing.floor ?? NaN);
}

/** Nats that it is better than the fitted Gaussian; not a number if they cannot be compared. */
function gainOf({ gaussianNll, validation }: Standing): number {
  return (gaussianNll ?? NaN) - (validation ?? NaN);
}

function worse(standing: Standing): string {
  return `${capitalised(nats(scored(standing) - (standing.start ?? NaN)))} worse than at the start`;
}

function best({ given }: Standing): string {
  return `the best any model${given === null ? '' : ` that is told the ${given}`} can do`;
}

function above(standing: Standing): string {
  return `${capitalised(nats(gapOf(standing)))} above ${best(standing)}`;
}

function heldOut(standing: Standing): string {
  return `${capitalised(nats(scored(standing)))} on rows held out`;
}

function advice({ isResting }: Standing): string {
  return isResting ? ' Train on, or give it more rows or fewer columns.' : '';
}

/** e^gain in words: a gain of log 2 nats makes each point twice as probable. */
function odds(gain: number): string {
  if (gain > MAX_POWER) return `${nats(gain)} better per point`;
  if (gain > MAX_COUNTED) return `10^${Math.floor(gain / Math.LN10)} times as probable per point`;
  const factor = Math.exp(gain);
  return `${factor < 10 ? factor.toFixed(1) : count(factor)} times as probable per point`;
}

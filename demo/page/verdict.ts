/** What the loss says, in plain words. */
import { count, decimal } from './figures.ts';

export interface Standing {
  step: number;
  /** The smoothed training NLL and the last held-out NLL, nats. */
  training: number | null;
  validation: number | null;
  /** Entropy of the data, where it is known. */
  floor: number | null;
  /** What the model is told of each point, by its name; the floor is that of any model that is told it too. */
  given: string | null;
  /** Some held-out point has no density at all: the last held-out NLL was infinite. */
  isMissing: boolean;
  /** NLL at the first steps, nats. */
  start: number | null;
}

/** A model whose loss is so far above its training loss has learned its points by heart. */
const OVERFIT = 0.1;

/** Nats that two decimals show as 0.00. */
const SHOWN_AS_ZERO = 0.005;

/** A gain of a million times and more is told as a power of ten, nats. */
const MOST_COUNTED = Math.log(1e6);

/** One or two sentences. */
export function verdict({ step, training, validation, isMissing, floor, given, start }: Standing): string {
  const score = validation ?? training;
  if (step === 0 || score === null) return 'Nothing trained yet.';
  if (isMissing) {
    return 'Some points that it has not seen lie where it has no density at all: the base ends before they do.';
  }
  const sentences: string[] = [];
  if (floor !== null) {
    sentences.push(aboveFloor(score - floor, given));
  } else if (start !== null && start - score > SHOWN_AS_ZERO) {
    sentences.push(
      `${decimal(score)} nats. ${capitalised(odds(start - score))} as probable per point as at the start; nobody knows the floor of your data.`,
    );
  } else {
    sentences.push(`${decimal(score)} nats; no better than at the start yet.`);
  }
  if (floor === null && validation !== null && training !== null && validation - training > OVERFIT) {
    sentences.push(
      `On points that it has not seen it is ${decimal(validation - training)} nats worse: it has begun to learn yours by heart.`,
    );
  }
  return sentences.join(' ');
}

function aboveFloor(gap: number, given: string | null): string {
  const told = given === null ? '' : ` that is told the ${given}`;
  if (gap <= SHOWN_AS_ZERO)
    return `At the floor: ${SHOWN_AS_ZERO} nats or less above the best any model${told} can do.`;
  const amount = `${decimal(gap)} nats above the best any model${told} can do`;
  if (gap < 0.05) return `${amount}: all but done.`;
  if (gap < 0.3) return `${amount}: the shape is there, the edges are still soft.`;
  return `${amount}: much to learn yet.`;
}

/** e^gap in words: a gain of log 2 nats makes each point twice as probable. */
function odds(gain: number): string {
  if (gain > MOST_COUNTED) return `10^${Math.floor(gain / Math.LN10)} times`;
  const factor = Math.exp(gain);
  return `${factor < 10 ? factor.toFixed(1) : count(factor)} times`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The shown flow's training for the loss card, as plain data, and the functions that change it. */
import type { Progress } from '../protocol.ts';
import { decimal } from './figures.ts';
import { EMPTY_CURVE, riseOf, withLosses, withScore } from './lossCurve.ts';
import type { LossCurve } from './lossCurve.ts';
import type { Standing } from './words/verdict.ts';

/** The verdict's facts about the flow and its data. */
export type RunTraits = Pick<Standing, 'given' | 'isBounded' | 'isFinite' | 'keepsBest' | 'origin'>;

export interface Run {
  /** Steps that were asked for. */
  steps: number;
  traits: RunTraits;
  curve: LossCurve;
  last: Progress | undefined;
  /** Training stopped because its loss was not a number. */
  hasDiverged: boolean;
  isResting: boolean;
}

/** The state before the first step. */
export function newRun(steps: number, traits: RunTraits): Run {
  return { steps, traits, curve: EMPTY_CURVE, last: undefined, hasDiverged: false, isResting: false };
}

export function advanced(run: Run, progress: Progress): Run {
  const { step, losses, validationNll: nll, validationError } = progress;
  const trained = withLosses(run.curve, losses, step);
  const curve = nll === null ? trained : withScore(trained, { step, nll, error: validationError ?? NaN });
  return { ...run, curve, last: progress, isResting: false };
}

export function rested(run: Run, hasDiverged: boolean): Run {
  return { ...run, hasDiverged, isResting: true };
}

/** Current NLL in nats, if finite: the held-out score if there is one, otherwise the smoothed training loss. */
export function nllOf({ curve, hasDiverged }: Run): number | null {
  if (hasDiverged) return null;
  const nll = curve.lastScore?.nll ?? curve.smoothed;
  return nll !== null && Number.isFinite(nll) ? nll : null;
}

/** Nats above the floor, if both are known. */
export function gapOf(run: Run): number | null {
  const [nll, floor] = [nllOf(run), run.last?.floor ?? null];
  return nll !== null && floor !== null ? nll - floor : null;
}

export function standingOf({ traits, curve, last, hasDiverged, isResting }: Run): Standing {
  const { lastScore, smoothed, first } = curve;
  return {
    ...traits,
    step: last?.step ?? 0,
    training: smoothed,
    validation: lastScore?.nll ?? null,
    validationError: lastScore === null || Number.isNaN(lastScore.error) ? null : lastScore.error,
    hasDiverged,
    isResting,
    rise: riseOf(curve),
    floor: last?.floor ?? null,
    gaussianNll: last?.gaussianNll ?? null,
    start: first,
  };
}

/** The step and the loss in a sentence. */
export function spokenProgress({ curve: { smoothed }, last }: Run): string {
  const loss = smoothed === null ? '' : `, loss ${decimal(smoothed)} nats`;
  return `Step ${last?.step ?? 0} of ${last?.steps ?? 0}${loss}.`;
}

/** What the page is doing, in a sentence. */
import type { Ending } from '../../protocol.ts';
import { count, milliseconds } from '../figures.ts';
import type { Sentences } from './sentence.ts';

/** Training on the processor. */
export const PROCESSOR: Sentences<{ step: number; steps: number; ms: number }> = {
  training: ({ step, steps, ms }) =>
    step < steps &&
    `A small flow on the processor, in float64: step ${step} of ${steps}, ${milliseconds(ms)} each. Larger ones need a GPU.`,
  done: ({ steps }) => `A small flow on the processor, in float64: all ${steps} steps are done.`,
};

/** How training ended. */
export const ENDINGS: Sentences<Ending> = {
  refused: ({ cause }) =>
    cause === 'refused' && 'Nothing has changed: the settings cannot be taken as they are.',
  failed: ({ cause, failure }) => (cause === 'failed' || cause === 'diverged') && (failure ?? ''),
  paused: ({ cause, step }) => cause === 'paused' && `Paused at step ${step}.`,
  early: (ending) =>
    ending.cause === 'early' &&
    `Stopped at step ${ending.step} of ${ending.steps}, as the score on ${heldOutOf(ending)} got no better.${keptOf(ending)}`,
  scored: (ending) =>
    ending.heldOut !== null &&
    `All ${ending.steps} steps are done. Scored on ${heldOutOf(ending)}.${keptOf(ending)}`,
  done: ({ steps }) => `All ${steps} steps are done.`,
};

function heldOutOf({ heldOut }: Ending): string {
  return heldOut === 0 ? 'new points' : `${(heldOut ?? 0).toLocaleString('en')} rows held out`;
}

function keptOf({ best }: Ending): string {
  if (best === null) return '';
  return ` The best parameters are kept, ${best === 0 ? 'before the first step' : `of step ${best}`}.`;
}

export interface StepFacts {
  isTraining: boolean;
  /** It trains on samples of the opened model. */
  isOnOwnSamples: boolean;
  step: number;
  steps: number;
}

/** The count of steps. */
export const STEPS: Sentences<StepFacts> = {
  training: (facts) => facts.isTraining && `Step ${facts.step} of ${facts.steps}${ownOf(facts)}`,
  paused: (facts) => `Paused at step ${facts.step} of ${facts.steps}${ownOf(facts)}`,
};

function ownOf({ isOnOwnSamples }: StepFacts): string {
  return isOnOwnSamples ? ', on its own samples' : '';
}

export interface AgeFacts {
  /** The picture shows the current model, which was trained here. */
  isShown: boolean;
  isTraining: boolean;
  /** The step that it shows, and the last one. */
  step: number;
  now: number;
  /** Time since it was drawn. */
  ms: number;
}

/** A picture that is older than this says so, ms. */
const OLD_MS = 2000;

/** The step that a picture shows. */
export const AGES: Sentences<AgeFacts> = {
  foreign: ({ isShown }) => !isShown && '',
  old: ({ isTraining, step, now, ms }) =>
    isTraining && step < now && ms > OLD_MS && `step ${count(step)}, ${Math.round(ms / 1000)} s old`,
  current: ({ step }) => `step ${count(step)}`,
};

export interface ReturnFacts {
  isDone: boolean;
  step: number;
  steps: number;
}

/** The kept run is back. */
export const RETURNS: Sentences<ReturnFacts> = {
  done: (facts) => facts.isDone && `The run is back, as it ended at ${placeOf(facts)}.`,
  paused: (facts) => `The run is back, at ${placeOf(facts)}. Train goes on.`,
};

function placeOf({ step, steps }: ReturnFacts): string {
  return `step ${count(step)} of ${count(steps)}`;
}

/** The data that are missing for a fresh model. */
export const MISSING: Sentences<{ source: string }> = {
  file: ({ source }) => source === 'file' && 'Choose a file first.',
  drawing: () => 'Paint something first.',
};

/** A trained model gave way to a fresh one. */
export const ASIDE: Sentences<{ title: string; step: number }> = {
  always: ({ title, step }) => `The model of ${title}, at step ${count(step)}, is set aside.`,
};

/** Sentences about single events. */
export const STATUS = {
  starting: 'A flow that was trained earlier, while the GPU starts.',
  pretrained: 'This flow was trained earlier. Train one of your own.',
  training: 'Training…',
  fresh: 'A fresh model, which knows nothing yet.',
  found: 'The run that was kept here opens, once the GPU has started.',
  recording: 'Playing a recording of a trained flow.',
  back: (step: number) => `The GPU is back, at step ${step}.`,
} as const;

/** What a lesson says by itself, whoever wrote it. */
import type { Sentences } from './sentence.ts';

export interface PredictionFacts {
  chosen: string;
  /** The answer that this run bears out; undefined if none is. */
  right: string | undefined;
}

/** The prediction and the outcome. */
export const PREDICTIONS: Sentences<PredictionFacts> = {
  held: ({ chosen, right }) => chosen === right && 'As you predicted.',
  other: ({ chosen, right }) =>
    right !== undefined && `You predicted “${chosen}”. It came out otherwise: “${right}”.`,
  none: () => 'None of the answers fits this run.',
};

export interface OutcomeFacts {
  isOff: boolean;
  hasDiverged: boolean;
  /** The data or the model are not those of the step. */
  isChanged: boolean;
}

/** Why a step tells nothing. */
export const FAILURES: Sentences<OutcomeFacts> = {
  off: ({ isOff }) => isOff && 'There is no WebGPU here, so this step cannot be run. You can read on.',
  changed: ({ isChanged }) =>
    isChanged &&
    'The data or the model have been changed, so this run is not that of the step. Start the step anew.',
  diverged: ({ hasDiverged }) =>
    hasDiverged && 'Training has diverged, so the question stays open. Start the step anew.',
  none: () => '',
};

/** The end of a lesson. */
export const SCORES: Sentences<{ right: number; predicted: number }> = {
  unpredicted: ({ predicted }) => predicted === 0 && 'That was the last step.',
  predicted: ({ right, predicted }) =>
    `That was the last step. ${right} of your ${predicted} predictions came true.`,
};

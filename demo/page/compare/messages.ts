/** The messages between the page that compares two models and the two pages in it. */
import type { Phase } from '../state.ts';

export type ToModel =
  | { type: 'show'; hash: string }
  /** To step `until`. */
  | { type: 'train'; until: number }
  | { type: 'pause' };

/** What each page reports about its model. */
export interface FromModel {
  type: 'model';
  /** The settings that it was last told to show; empty before the first. */
  hash: string;
  /** The flow of these settings is there. */
  isReady: boolean;
  phase: Phase;
  step: number;
  hasDiverged: boolean;
  /** Nats: the held-out score or the training loss, the training loss, and the entropy of the data. */
  loss: number | null;
  training: number | null;
  floor: number | null;
  parameters: number | null;
}

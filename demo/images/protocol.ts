/** What the page and its worker say to each other. */
import type { Kind } from './others.ts';

export interface Progress {
  step: number;
  steps: number;
  /** On held-out digits, under the best weights so far. */
  bitsPerDimension?: number;
  digitsPerSecond: number;
}

/** The flow of digits. Pictures are [n, 64], from 0 to 16. */
export interface DigitsModel {
  /** The name of the adapter, once the flow is ready. */
  open: () => Promise<string>;
  /** A picture of each label, with less variety the lower the temperature. */
  draw: (labels: number[], seed: number, temperature: number) => Promise<Float32Array>;
  /** The pictures at these points of a plane through the latent mean of a digit. */
  plane: (label: number, points: [across: number, up: number][]) => Promise<Float32Array>;
  /** `stops` pictures from each even one of these examples to the odd one after it. */
  between: (rows: number[], stops: number) => Promise<Float32Array>;
  /** The mean bits per dimension of `count` pictures of each kind. */
  scores: (count: number) => Promise<Record<Kind, number>>;
  /** Trains until the last step, or until `pause`; more steps follow if all are done. */
  train: () => Promise<void>;
  pause: () => Promise<void>;
}

export type Call = { id: number; name: keyof DigitsModel; args: unknown[] };
export type Reply = { id: number; value: unknown } | { id: number; problem: string } | { progress: Progress };

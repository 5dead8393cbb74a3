import type { Bounds } from './options.mjs';

export interface Row {
  preset: string;
  dataset: string;
  seed: number;
  /** Nats; null if the run failed. */
  testNll: number | null;
  /** The exact entropy, nats. */
  floor: number;
}

export interface Summary {
  preset: string;
  dataset: string;
  floor: number;
  /** testNll − floor of each seed, NaN if a run failed. */
  gaps: number[];
  mean: number;
  bound: number | undefined;
  missed: boolean;
}

export function summariesOf(rows: readonly Row[], bounds: Bounds): Summary[];
export function table(summaries: readonly Summary[]): string;

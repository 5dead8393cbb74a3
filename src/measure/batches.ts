/** How the rows of a batch fill an adapter: the rate of training steps of growing batches. */
import type { TimeSummary } from './statistics.ts';
import { printedName } from './workloads.ts';

/** The batches of a sweep, unless others are given. */
export const BATCHES: readonly number[] = Array.from({ length: 8 }, (_, power) => 512 * 2 ** power);

/** An adapter is full from the smallest batch on that has this share of the best rate. */
export const FULL_SHARE = 0.9;

/** A training step of a batch. */
export interface BatchStep {
  /** Rows of a step. */
  batch: number;
  /** Milliseconds of a step. */
  ms: number;
  /** Rows per second. */
  rowsPerSecond: number;
}

/** Training steps of a flow, and where they fill the adapter. */
export interface Filling {
  /** By growing batch. */
  steps: BatchStep[];
  /** The batch from which on the adapter is full; null if only the largest batch has the share. */
  fullFrom: number | null;
}

/** How the speed of a training step grows with its rows. */
export interface BatchSweep extends Filling {
  /** Name of the flow. */
  flow: string;
}

export function batchStep(batch: number, ms: number): BatchStep {
  return { batch, ms, rowsPerSecond: (1000 * batch) / ms };
}

/**
 * The smallest batch with `FULL_SHARE` of the best rate. Null if that is the largest one: a batch beyond it might have
 * more.
 */
export function fullFrom(steps: readonly BatchStep[]): number | null {
  const best = bestRate(steps);
  const fills = ({ rowsPerSecond }: BatchStep): boolean => rowsPerSecond >= FULL_SHARE * best;
  const sorted = steps.toSorted((a, b) => a.batch - b.batch);
  const first = sorted.find(fills);
  return first === undefined || first === sorted.at(-1) ? null : first.batch;
}

/** The step of the largest of these batches that is not larger than `batch`, or else the first. */
export function stepNear(steps: readonly BatchStep[], batch: number): BatchStep | undefined {
  return steps.findLast((step) => step.batch <= batch) ?? steps[0];
}

/** Rows a second of the fastest step. */
export function bestRate(steps: readonly BatchStep[]): number {
  return Math.max(0, ...steps.map(({ rowsPerSecond }) => rowsPerSecond));
}

interface Entry {
  kind: string;
  name: string;
  shape: string;
  rows: number;
  time: Pick<TimeSummary, 'medianMs'>;
}

/** The flows of a run that were trained at several batches. */
export function sweepsOf(entries: readonly Entry[]): BatchSweep[] {
  const flows = new Map<string, BatchStep[]>();
  for (const { kind, name, shape, rows, time } of entries) {
    if (kind !== 'plan' || name !== printedName('trainStep')) continue;
    const flow = shape.replace(/, [\d,]+ rows$/, '');
    flows.set(flow, [...(flows.get(flow) ?? []), batchStep(rows, time.medianMs)]);
  }
  return [...flows]
    .filter(([, steps]) => steps.length > 1)
    .map(([flow, unsorted]) => {
      const steps = unsorted.toSorted((a, b) => a.batch - b.batch);
      return { flow, steps, fullFrom: fullFrom(steps) };
    });
}

/** `from 8,192 rows on`, or `at 8,192 rows …` if a larger batch has less than `FULL_SHARE` of the best rate. */
export function fullAt({ steps, fullFrom }: Filling): string {
  const best = bestRate(steps);
  const stays = steps.every(
    ({ batch, rowsPerSecond }) => batch < (fullFrom ?? 0) || rowsPerSecond >= FULL_SHARE * best,
  );
  const rows = `${(fullFrom ?? 0).toLocaleString('en')} rows`;
  return stays ? `from ${rows} on` : `at ${rows}, and less so at some larger batch`;
}

/** Where the adapter is full, in a sentence. */
export function fullText({ flow, steps, fullFrom }: BatchSweep): string {
  const largest = steps.at(-1)?.batch ?? 0;
  return fullFrom === null
    ? `${flow}: the adapter is not full at ${largest.toLocaleString('en')} rows, the largest batch of this run.`
    : `${flow}: the adapter is full ${fullAt({ steps, fullFrom })}.`;
}

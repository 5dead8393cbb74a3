/** Which batch fills the adapter, in words. */
import type { Filling } from '../../src/page.ts';
import { count } from './figures.ts';

/** @param batch the visitor's */
export function batchAdvice({ steps, fullFrom }: Filling, batch: number): string {
  const [first] = steps;
  const full = steps.find((step) => step.batch === fullFrom);
  if (first === undefined || full === undefined) {
    const largest = steps.at(-1)?.batch ?? NaN;
    return `This adapter is not full at ${count(largest)} rows, the largest batch that was timed.`;
  }
  const where = `This adapter is full from ${count(full.batch)} rows on`;
  if (batch >= full.batch) return `${where}: your batch fills it.`;
  if (full === first) return `${where}, the smallest batch that was timed.`;
  // Of the timed batches, the nearest one that is not larger than the visitor's.
  const near = steps.findLast((step) => step.batch <= batch) ?? first;
  const times = (ratio: number): string => ratio.toFixed(ratio < 9.5 ? 1 : 0);
  return `${where}. A step of that batch takes ${times(full.ms / near.ms)} times as long as one of ${count(near.batch)} rows, for ${times(full.batch / near.batch).replace('.0', '')} times the rows.`;
}

/** A batch to suggest; undefined if the visitor's fills the adapter, or none is known to do. */
export function betterBatch(filling: Filling | undefined, batch: number): number | undefined {
  const full = filling?.fullFrom ?? 0;
  return full > batch ? full : undefined;
}

/** Which batch fills the adapter, in words. */
import { FULL_SHARE, fullAt, stepNear } from '../../src/page/index.ts';
import type { Filling } from '../../src/page/index.ts';
import { count } from './figures.ts';

/** @param batch the visitor's */
export function batchAdvice(filling: Filling, batch: number): string {
  const { steps, fullFrom } = filling;
  const near = stepNear(steps, batch);
  const full = steps.find((step) => step.batch === fullFrom);
  if (near === undefined || full === undefined) {
    const largest = steps.at(-1)?.batch ?? NaN;
    return `This adapter is not full at ${count(largest)} rows, the largest batch that was timed.`;
  }
  const where = `This adapter is full ${fullAt(filling)}`;
  if (betterBatch(filling, batch) === undefined) return `${where}: your batch fills it.`;
  if (near === full) return `${where}, the smallest batch that was timed.`;
  const times = (ratio: number): string => ratio.toFixed(ratio < 9.5 ? 1 : 0).replace('.0', '');
  if (full.batch < batch) {
    return `${where}. That batch has ${times(full.rowsPerSecond / near.rowsPerSecond)} times as many rows a second as one of ${count(near.batch)} rows.`;
  }
  return `${where}. A step of that batch takes ${times(full.ms / near.ms)} times as long as one of ${count(near.batch)} rows, for ${times(full.batch / near.batch)} times the rows.`;
}

/** A batch to suggest; undefined if the visitor's fills the adapter, or none is known to do. */
export function betterBatch({ steps, fullFrom }: Filling, batch: number): number | undefined {
  const full = steps.find((step) => step.batch === fullFrom);
  const near = stepNear(steps, batch);
  if (full === undefined || near === undefined || full.batch === batch) return undefined;
  const fills = batch > full.batch && near.rowsPerSecond >= FULL_SHARE * full.rowsPerSecond;
  return fills ? undefined : full.batch;
}

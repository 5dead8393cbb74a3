/** The values that the host writes ahead for each training step; slot = step mod RING_SIZE. */
import { learningRateAt } from '../model/schedule.ts';
import type { ScheduledRate } from '../model/schedule.ts';
import { batchCursor } from './batch.ts';
import type { BatchSource } from './batch.ts';

export interface RingSettings extends ScheduledRate {
  source: BatchSource;
  batch: number;
  beta1: number;
  beta2: number;
}

/** STEP_CURSOR [count, 2] and STEP_SCALARS [count, 3] of steps [first, first + count), computed in f64. */
export function ringEntries(
  settings: RingSettings,
  first: number,
  count: number,
): { cursor: Uint32Array<ArrayBuffer>; scalars: Float32Array<ArrayBuffer> } {
  const { source, batch, beta1, beta2 } = settings;
  const cursor = new Uint32Array(2 * count);
  const scalars = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const step = first + i;
    cursor.set(batchCursor(source, step, batch), 2 * i);
    scalars[3 * i] = learningRateAt(settings, step);
    scalars[3 * i + 1] = 1 / (1 - beta1 ** (step + 1));
    scalars[3 * i + 2] = 1 / (1 - beta2 ** (step + 1));
  }
  return { cursor, scalars };
}

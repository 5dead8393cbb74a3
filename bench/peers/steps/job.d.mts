/** The types of job.mjs. */
import type { PeerStep } from '../page.mjs';
export function batchesOf(rows: Float32Array, config: { dim: number; batch: number }): unknown[];
export function couplingsOf(bytes: Uint8Array): unknown;
export function measure(
  settings: {
    check: { steps: number };
    timing: { repeats: number; repeatMs: number; leastRepeats: number; enoughMs: number };
  },
  batches: number,
  step: PeerStep,
): Promise<{ checkLosses: number[]; losses: number[]; stepsPerRepeat: number; repeats: number[] }>;

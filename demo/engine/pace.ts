/** Schedules the training steps. */
import type { Pace } from '../protocol.ts';

/** Milliseconds to wait after a step that was due at `due`, and the next due time. A delay is not made up. */
export function nextDue(pace: Pace, due: number, now: number): { wait: number; due: number } {
  if (pace.kind === 'flat-out') return { wait: 0, due: now };
  const interval = 1000 / Math.max(pace.stepsPerSecond, 1e-3);
  const next = Math.max(due + interval, now);
  return { wait: next - now, due: next };
}

/**
 * The time limit of a submit, ms. Flat out it is half a frame, so that the page's drawing waits no longer
 * than that. Slow steps are submitted one by one.
 */
export function submitMsOf(pace: Pace): number {
  return pace.kind === 'flat-out' ? 8 : 1e-3;
}

/** Share of the GPU's time for the pictures. */
export function drawingShareOf(pace: Pace | undefined): number {
  if (pace === undefined) return 1;
  return pace.kind === 'flat-out' ? 0.07 : 0.5;
}

/** Waits `ms` milliseconds, or until the signal. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

/** When the next step is due. */
import type { Pace } from '../protocol.ts';

/**
 * Milliseconds to wait after a step that was due at `due`, and when the next one is. A step that came late does not
 * make the next one hurry.
 */
export function nextDue(pace: Pace, due: number, now: number): { wait: number; due: number } {
  if (pace.kind === 'flat-out') return { wait: 0, due: now };
  const interval = 1000 / Math.max(pace.stepsPerSecond, 1e-3);
  const next = Math.max(due + interval, now);
  return { wait: next - now, due: next };
}

/**
 * The time that a submit may take, ms, where the pace is flat out: half a frame, so that what the page draws waits for no
 * more than that. Slow steps go one by one.
 */
export function submitMsOf(pace: Pace): number {
  return pace.kind === 'flat-out' ? 8 : 1e-3;
}

/** Part of the GPU's time that is for pictures. */
export function drawingShareOf(pace: Pace | undefined): number {
  if (pace === undefined) return 1;
  return pace.kind === 'flat-out' ? 0.07 : 0.5;
}

/** Waits so long, or until the signal. */
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

import { describe, expect, it } from 'vitest';
import { resting } from '../../src/gpu/resting.ts';

/** The turns of the event loop until `promise` is done, with a callback in each turn like Dawn's. */
async function turnsUntil(promise: Promise<unknown>): Promise<{ perMs: number; shortestMs: number }> {
  let turns = 0;
  let isDone = false;
  let shortestMs = Infinity;
  const begun = performance.now();
  let last = begun;
  const turn = (): void => {
    turns++;
    const now = performance.now();
    shortestMs = Math.min(shortestMs, now - last);
    last = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await promise.catch(() => undefined);
  isDone = true;
  return { perMs: turns / (performance.now() - begun), shortestMs };
}

const later = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(resolve, ms, 'done'));

describe('resting', () => {
  it('rests in each turn while a promise is open, and no longer', async () => {
    const waited = resting(later(200));
    // A turn takes at least 0.2 ms, and without a rest a few µs, however busy the machine is.
    expect((await turnsUntil(waited)).perMs).toBeLessThan(5.5);
    await expect(waited).resolves.toBe('done');
    expect((await turnsUntil(later(200))).shortestMs).toBeLessThan(0.1);
  });

  it('rests until the last of several promises, and lets timers fire', async () => {
    const short = resting(later(20));
    const long = resting(later(200));
    await short;
    expect((await turnsUntil(long)).perMs).toBeLessThan(5.5);
  });

  it('passes a failure on', async () => {
    await expect(resting(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });
});

import { describe, expect, it } from 'vitest';
import { resting } from '../../src/gpu/resting.ts';

/** Turns of the event loop until `promise` is done, with a callback in each turn like Dawn's. */
async function turnsUntil(promise: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await promise.catch(() => undefined);
  isDone = true;
  return turns;
}

const later = (ms: number): Promise<string> => new Promise((resolve) => setTimeout(resolve, ms, 'done'));

describe('resting', () => {
  it('rests in each turn while a promise is open, and no longer', async () => {
    const waited = resting(later(200));
    // One turn takes at least 0.2 ms; without a rest there are tens of thousands.
    expect(await turnsUntil(waited)).toBeLessThan(1100);
    await expect(waited).resolves.toBe('done');
    expect(await turnsUntil(later(200))).toBeGreaterThan(2000);
  });

  it('rests until the last of several promises, and lets timers fire', async () => {
    const short = resting(later(20));
    const long = resting(later(200));
    await short;
    expect(await turnsUntil(long)).toBeLessThan(1100);
  });

  it('passes a failure on', async () => {
    await expect(resting(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });
});

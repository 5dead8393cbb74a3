import { describe, expect, it } from 'vitest';
import { defaultSubmitMs, nextSteps } from '../../src/training/submitSize.ts';

const MAX_STEPS = 512;

/** Submits of a run whose steps take `msOf` ms on a clock that otherwise stands still. */
function submits(submitMs: number, count: number, msOf: (submit: number) => number): number[] {
  const sizes: number[] = [];
  for (let steps = 1; sizes.length < count;) {
    sizes.push(steps);
    steps = nextSteps(steps, msOf(sizes.length), submitMs, MAX_STEPS);
  }
  return sizes;
}

describe('the steps of a submit', () => {
  it('double until a submit takes its time, and no more', () => {
    expect(submits(100, 8, () => 3)).toEqual([1, 2, 4, 8, 16, 32, 33, 33]);
  });

  it('stay one where a step alone takes longer', () => {
    expect(submits(8, 4, () => 25)).toEqual([1, 1, 1, 1]);
  });

  it('fall at once when steps get slower, and rise again by doubling', () => {
    const ms = (submit: number): number => (submit === 6 ? 50 : 2);
    expect(submits(100, 9, ms)).toEqual([1, 2, 4, 8, 16, 32, 2, 4, 8]);
  });

  it('never exceed half the ring, however coarse the clock', () => {
    expect(submits(100, 12, () => 0).at(-1)).toBe(MAX_STEPS);
    expect(submits(1e9, 12, () => 1e-9).at(-1)).toBe(MAX_STEPS);
  });

  it('hold a page’s 8 ms from the second submit of a size on', () => {
    for (const msPerStep of [0.1, 0.7, 3, 7.9]) {
      const sizes = submits(8, 30, () => msPerStep);
      expect(Math.max(...sizes) * msPerStep).toBeLessThanOrEqual(8);
      expect(sizes.at(-1)! * msPerStep).toBeGreaterThan(4);
    }
  });
});

describe('the time of a submit', () => {
  it('is 8 ms in a page and in its workers, 100 ms elsewhere', () => {
    expect(defaultSubmitMs({ document: {} })).toBe(8);
    expect(defaultSubmitMs({ WorkerGlobalScope: Object })).toBe(8);
    expect(defaultSubmitMs({ process: {} })).toBe(100);
    expect(defaultSubmitMs()).toBe(100);
  });
});

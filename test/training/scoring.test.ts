import { describe, expect, it } from 'vitest';
import { isCounted, isScored, nextScoreAfter } from '../../src/training/scoring.ts';
import type { ScoringPace } from '../../src/training/scoring.ts';

const table: ScoringPace = { rows: 100, batch: 512, steps: 3000 };

describe('the scores of a run', () => {
  it.each([
    ['a small table', table],
    ['a large one', { ...table, rows: 50_000 }],
    ['a number of steps that is asked for', { ...table, every: 7 }],
  ])('follow the start and the steps that are next, for %s', (_, pace) => {
    const steps = [0];
    while (steps.at(-1)! < pace.steps) steps.push(nextScoreAfter(steps.at(-1)!, pace));
    const all = Array.from({ length: steps.at(-1)! + 1 }, (_, step) => step);
    expect(all.filter((step) => isScored(step, pace))).toEqual(steps);
  });
});

describe('patience', () => {
  it('lets a run climb for two hundred steps', () => {
    expect(isCounted(199, table)).toBe(false);
    expect(isCounted(200, table)).toBe(true);
  });

  it('counts every score from the first step on where the caller says when to score', () => {
    expect(isCounted(0, { ...table, every: 1 })).toBe(false);
    expect(isCounted(1, { ...table, every: 1 })).toBe(true);
  });
});

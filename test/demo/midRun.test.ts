import { describe, expect, it } from 'vitest';
import { fixedPart } from '../../demo/page/madeFlow.ts';
import { newRun } from '../../demo/page/run.ts';
import { defaultSettings } from '../../demo/page/settings.ts';
import { initialState } from '../../demo/page/state.ts';
import * as to from '../../demo/page/transitions.ts';
import { startOf } from '../../demo/presets.ts';
import type { Progress } from '../../demo/protocol.ts';

const RECORDED = { title: 'Two moons', bijectors: ['standardize'], nll: 1.15, floor: 1.13 };
const START = initialState(defaultSettings(), RECORDED, { theme: 'light', moves: true });
const model = startOf('realnvp');

describe('settings in mid-run', () => {
  it('are rate, schedule, batch and steps; all others need a fresh model', () => {
    const tuned = { ...model, batch: 64, learningRate: 0.1, schedule: 'constant', steps: 9 };
    expect(fixedPart(tuned)).toBe(fixedPart(model));
    const others = [
      { couplings: 3 },
      { hidden: [8] },
      { scale: 'exp' },
      { base: 'normal' },
      { seed: 9 },
      { allSteps: true },
    ];
    for (const change of others) {
      expect(fixedPart({ ...model, ...change } as typeof model), JSON.stringify(change)).not.toBe(
        fixedPart(model),
      );
    }
  });
});

describe('a run that is over', () => {
  const last = { step: 2000, steps: 2000 } as Progress;
  const done = { ...START, phase: 'done', run: { ...newRun(2000, START.run.traits), last } } as const;

  it('goes on for more steps', () => {
    const on = to.trainedOn(done, 500);
    expect([on.phase, on.model.steps, on.run.steps, on.run.last?.steps]).toEqual(['idle', 2500, 2500, 2500]);
    expect(to.trainedOn(done, 1e9).model.steps).toBe(200_000);
  });

  it('is over only while it has made all of its steps', () => {
    expect(to.tuned(done, { ...model, steps: 2001 }).phase).toBe('idle');
    expect(to.tuned(done, { ...model, steps: 1000 }).phase).toBe('done');
  });
});

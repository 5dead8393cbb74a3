import { describe, expect, it } from 'vitest';
import { drawingShareOf, nextDue, submitMsOf } from '../../demo/engine/pace.ts';
import { scoreOf } from '../../demo/engine/score.ts';
import { Telemetry } from '../../demo/engine/telemetry.ts';
import type { Progress } from '../../demo/protocol.ts';
import { nextSteps } from '../../src/training/submitSize.ts';

const facts = { steps: 1000, batch: 100, flopsPerStep: 2e6, floor: 1.1, gaussianNll: null };

/** The progress reports of a training whose steps take `ms` each on a fake clock. */
function toldOf(ms: number, steps: number): { at: number; progress: Progress }[] {
  const telemetry = new Telemetry(facts, 0, 0);
  const told: { at: number; progress: Progress }[] = [];
  for (let step = 1; step <= steps; step++) {
    telemetry.report({ step, losses: Float32Array.of(step) }, step * ms);
    const progress = telemetry.take(step * ms, 100);
    if (progress !== undefined) told.push({ at: step * ms, progress });
  }
  const rest = telemetry.take(steps * ms, 100, true);
  if (rest !== undefined) told.push({ at: steps * ms, progress: rest });
  return told;
}

describe('progress', () => {
  it('comes 10 to 20 times a second, however fast the steps', () => {
    const told = toldOf(0.5, 4000);
    expect(told.length / 2).toBeGreaterThan(10);
    expect(told.length / 2).toBeLessThan(20);
  });

  it('tells every loss once, in order', () => {
    const losses = toldOf(7, 321).flatMap(({ progress }) => [...progress.losses]);
    expect(losses).toEqual(Array.from({ length: 321 }, (_, i) => i + 1));
  });

  it('has a loss that is no number for each step that nothing reported', () => {
    const telemetry = new Telemetry(facts, 5, 0);
    telemetry.report({ step: 6, losses: Float32Array.of(2) }, 10);
    telemetry.report({ step: 8, losses: new Float32Array() }, 20);
    expect(telemetry.take(100, null)).toMatchObject({ step: 8, losses: Float32Array.of(2, NaN, NaN) });
  });

  it('has the rates of the last second', () => {
    const last = toldOf(4, 1000).at(-1)!.progress;
    expect(last.stepsPerSecond).toBeCloseTo(250);
    expect(last.msPerStep).toBeCloseTo(4);
    expect(last.samplesPerSecond).toBeCloseTo(25_000);
    expect(last.gflops).toBeCloseTo(0.5);
    expect(last.shareOfPeak).toBeCloseTo(0.005);
  });

  it('leaves a stop out of its rates', () => {
    const telemetry = new Telemetry(facts, 0, 0);
    telemetry.report({ step: 10, losses: new Float32Array(10) }, 100);
    telemetry.restart(5000);
    telemetry.report({ step: 20, losses: new Float32Array(10) }, 5100);
    expect(telemetry.take(5100, null)).toMatchObject({ stepsPerSecond: 100, shareOfPeak: null });
  });

  it('is silent where there is nothing new, and brings a score along once', () => {
    const telemetry = new Telemetry(facts, 0, 0);
    expect(telemetry.take(1000, null, true)).toBeUndefined();
    telemetry.score(1.5, 0.1);
    expect(telemetry.take(1000, null)).toMatchObject({
      validationNll: 1.5,
      validationError: 0.1,
      msPerStep: 0,
    });
    expect(telemetry.take(2000, null)).toBeUndefined();
  });
});

describe('a score', () => {
  it('is the mean NLL of its rows, with its standard error', () => {
    const { nll, error } = scoreOf(Float32Array.of(-1, -2, -3, -6));
    expect(nll).toBe(3);
    expect(error).toBeCloseTo(Math.sqrt(14 / 3 / 4), 12);
  });

  it('of rows without a finite density is not finite, and its error is no number', () => {
    expect(scoreOf(Float32Array.of(-1, -Infinity))).toEqual({ nll: Infinity, error: NaN });
    expect(scoreOf(Float32Array.of(-1, Infinity))).toEqual({ nll: -Infinity, error: NaN });
    expect(scoreOf(Float32Array.of(-1, NaN))).toEqual({ nll: NaN, error: NaN });
    expect(scoreOf(Float32Array.of(-1)).error).toBeNaN();
  });
});

describe('the pace', () => {
  it('makes so many steps a second, whatever each takes', () => {
    const pace = { kind: 'slow', stepsPerSecond: 4 } as const;
    let [now, due, steps] = [0, 0, 0];
    for (; now < 10_000; steps++) {
      now += 30;
      const next = nextDue(pace, due, now);
      due = next.due;
      now += next.wait;
    }
    expect(steps).toBe(40);
  });

  it('does not hurry after a step that came late', () => {
    const { wait, due } = nextDue({ kind: 'slow', stepsPerSecond: 10 }, 0, 5000);
    expect([wait, due]).toEqual([0, 5000]);
  });

  it('does not wait at all flat out', () => {
    expect(nextDue({ kind: 'flat-out' }, 0, 123).wait).toBe(0);
  });

  it('keeps submits within 8 ms once it knows the steps, and makes slow steps one by one', () => {
    for (const [pace, ms, most] of [
      [{ kind: 'flat-out' }, 0.3, 8],
      [{ kind: 'slow', stepsPerSecond: 5 }, 0.3, 0.3],
    ] as const) {
      let steps = 1;
      for (let submit = 0; submit < 20; submit++) {
        expect(steps * ms).toBeLessThanOrEqual(most);
        steps = nextSteps(steps, ms, submitMsOf(pace), 512);
      }
    }
  });

  it('leaves training nine tenths of the GPU and more', () => {
    expect(drawingShareOf({ kind: 'flat-out' })).toBeLessThan(0.08);
    expect(drawingShareOf(undefined)).toBe(1);
  });
});

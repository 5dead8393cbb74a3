/** Training runs that the caller steps. */
import { describe, expect, it } from 'vitest';
import { WgflowError } from '../../src/errors.ts';
import { Flow } from '../../src/flow/flow.ts';
import { realnvp } from '../../src/presets/index.ts';
import type { FitOptions } from '../../src/training/options.ts';
import { testOptions } from '../support/device.ts';

const SPEC = realnvp(2, { couplings: 2, hidden: [8] });
const OPTIONS = { batch: 32, steps: 60, validation: { fraction: 0.2, every: 7 } } as const;

describe('a run that the caller steps', () => {
  it.each([
    ['with scores', OPTIONS],
    ['without scores', { ...OPTIONS, validation: false }],
    ['with a plateau schedule', { ...OPTIONS, schedule: { kind: 'plateau', factor: 0.5, patience: 1 } }],
  ] as const)('makes the steps and scores of fit, bit for bit: %s', async (_, options) => {
    const fitted = await opened();
    const losses: number[] = [];
    const scores: number[] = [];
    for await (const report of fitted.fit(points(300), options)) {
      losses.push(...report.losses);
      if (report.validationNll !== undefined) scores.push(report.validationNll);
    }
    const flow = await opened();
    const run = await flow.train(points(300), options);
    const found: number[] = [];
    const last: (number | undefined)[] = [];
    for (const count of [1, 6, 10, 1000]) {
      const report = await run.steps(count);
      expect(report.losses.length).toBe(Math.min(count, 43));
      expect(report.step).toBe(run.step);
      found.push(...report.losses);
      last.push(report.validationNll);
    }
    expect(run.isDone).toBe(true);
    await run.end();
    expect(found).toEqual(losses);
    expect(last).toEqual(options.validation === false ? Array(4).fill(undefined) : lastOf(scores));
    expect(await flow.save({ checkpoint: true })).toEqual(await fitted.save({ checkpoint: true }));
    expect(await flow.save()).toEqual(await fitted.save());
    for (const each of [flow, fitted]) each.dispose();
  });

  it('scores when asked, and ends with the best parameters', async () => {
    const held = points(60, 9);
    using flow = await opened();
    const validation = { data: held, every: 1000, patience: Infinity };
    const run = await flow.train(points(300), { ...OPTIONS, validation });
    const scores: number[] = [];
    for (let i = 0; i < 4; i++) {
      await run.steps(10);
      const score = await run.score();
      expect(score).toBeCloseTo(await nllOf(flow, held), 4);
      expect(await run.score()).toBe(score);
      scores.push(score);
    }
    await run.end();
    expect(flow.training?.validation?.bestStep).toBe(10 * (scores.indexOf(Math.min(...scores)) + 1));
    expect(await nllOf(flow, held)).toBeCloseTo(Math.min(...scores), 4);
  });

  it('ends early when the caller says so, and can be resumed by fit', async () => {
    const whole = await opened();
    for await (const _ of whole.fit(points(300), OPTIONS));
    using flow = await opened();
    {
      await using run = await flow.train(points(300), OPTIONS);
      await run.steps(23);
    }
    expect(flow.training?.steps).toBe(23);
    for await (const _ of flow.fit(points(300), { validation: OPTIONS.validation, resume: true }));
    expect(await flow.save()).toEqual(await whole.save());
    whole.dispose();
  });

  it('runs its calls one after another, and ends once', async () => {
    using flow = await opened();
    const run = await flow.train(points(300), OPTIONS);
    const calls = [run.steps(5), run.score(), run.steps(4), run.end(), run.end()] as const;
    const [five, , four] = await Promise.all(calls);
    expect([five.step, four.step, run.step]).toEqual([5, 9, 9]);
    await expect(run.steps(1)).rejects.toThrow('found a run that has ended');
  });

  it('refuses what it cannot do', async () => {
    using flow = await opened();
    await expect(flow.train(points(300), { batch: 0 })).rejects.toThrow('fit option batch');
    await expect(flow.train(points(1), OPTIONS)).rejects.toThrow(WgflowError);
    const run = await flow.train(points(300), { ...OPTIONS, validation: false });
    await expect(flow.train(points(300), OPTIONS)).rejects.toThrow('a fit that is still running');
    await expect(run.steps(0)).rejects.toThrow('n: found 0, expected an integer ≥ 1');
    await expect(run.score()).rejects.toThrow('a run without validation rows');
    await run.steps(60);
    await expect(run.steps(1)).rejects.toThrow('found a run that is done');
    await run.end();
    // Another run may begin.
    for await (const _ of flow.fit(points(300), { ...OPTIONS, steps: 2 } satisfies FitOptions));
  });
});

/** The last score of each of four calls, which end at steps 1, 7, 17 and 60, of scores each 7 steps and at the end. */
function lastOf(scores: readonly number[]): (number | undefined)[] {
  return [undefined, scores[0], scores[1], scores.at(-1)];
}

async function opened(): Promise<Flow> {
  return Flow.create(SPEC, { ...(await testOptions()), seed: 1 });
}

async function nllOf(flow: Flow, rows: Float32Array): Promise<number> {
  const logProb = await flow.logProb(rows);
  return -logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
}

/** A bent cloud. */
function points(count: number, phase = 0): Float32Array {
  const rows = new Float32Array(2 * count);
  for (let row = 0; row < count; row++) {
    const angle = 2.4 * row + phase;
    const radius = ((row * 7 + 3) % count) / count;
    rows.set([radius * Math.cos(angle), radius ** 2 + 0.3 * Math.sin(angle)], 2 * row);
  }
  return rows;
}

import { describe, expect, it } from 'vitest';
import { measure } from '../../src/measure/measure.ts';
import type { Timer } from '../../src/measure/measure.ts';

/** Work that takes `ms` a run, and the repeats requested from its timer. */
function steady(ms: number): { timer: Timer; asked: number[] } {
  const asked: number[] = [];
  const time = (repeats: number): Promise<number> => {
    asked.push(repeats);
    return Promise.resolve(ms * repeats);
  };
  return { timer: { clock: 'wall clock', time }, asked };
}

const BUDGET = { ms: 0, leastSamples: 3 };

describe('measure', () => {
  it('tells the time of one run, however many a sample has', async () => {
    const { timer, asked } = steady(2);
    expect(await measure(timer, BUDGET)).toMatchObject({ medianMs: 2, minMs: 2, samples: 3, repeats: 10 });
    expect(asked).toEqual([1, 1, 10, 10, 10]);
  });

  it('counts the second run of what takes long', async () => {
    const { timer, asked } = steady(500);
    expect(await measure(timer, BUDGET)).toMatchObject({ medianMs: 500, samples: 3, repeats: 1 });
    expect(asked).toEqual([1, 1, 1, 1]);
  });

  it('looks at many runs of what takes next to no time', async () => {
    const { timer, asked } = steady(0.01);
    expect((await measure(timer, BUDGET)).medianMs).toBeCloseTo(0.01);
    expect(asked).toEqual([1, 1, 100, 1000, 1000, 1000]);
  });

  it('takes longer samples where a first one was disturbed and the next is below the clock’s grain', async () => {
    const grain = 4;
    let calls = 0;
    const time = (repeats: number): Promise<number> => {
      calls++;
      return Promise.resolve(calls === 2 ? 20 : Math.floor((0.5 * repeats) / grain) * grain);
    };
    const { minMs, repeats } = await measure({ clock: 'wall clock', time }, BUDGET);
    expect(repeats).toBe(10);
    expect(minMs).toBeCloseTo(0.4);
  });

  it('stops when its signal says so', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(measure(steady(1).timer, BUDGET, signal)).rejects.toThrow('enough');
  });
});

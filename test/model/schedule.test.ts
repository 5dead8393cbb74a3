import { describe, expect, it } from 'vitest';
import { formatSchedule, learningRateAt, parseSchedule, SCHEDULE } from '../../src/model/schedule.ts';
import type { Schedule } from '../../src/model/schedule.ts';

const SCHEDULES: Schedule[] = [
  { kind: 'constant' },
  { kind: 'cosine' },
  { kind: 'exponential', decay: 0.999 },
  { kind: 'plateau', factor: 0.5, patience: 5 },
];

describe('a schedule', () => {
  it.each(SCHEDULES)('$kind reads its own text, and is valid', (schedule) => {
    expect(parseSchedule(formatSchedule(schedule))).toEqual(schedule);
    expect(SCHEDULE.accepts(schedule)).toBe(true);
  });

  it.each([
    'linear',
    'cosine:1',
    'exponential',
    'exponential:2',
    'exponential:0x1',
    'plateau',
    'plateau:0.5',
    'plateau:1:5',
    'plateau:0.5:0',
    'plateau:0.5:1.5',
    'plateau:0.5:5:1',
  ])('refuses the text %s', (text) => {
    expect(() => parseSchedule(text)).toThrow(`schedule: found "${text}", expected constant, cosine`);
  });

  it('refuses fields of another schedule', () => {
    expect(SCHEDULE.accepts({ kind: 'constant', decay: 0.5 })).toBe(false);
    expect(SCHEDULE.accepts({ kind: 'plateau', factor: 0.5, patience: 2, decay: 0.5 })).toBe(false);
    expect(SCHEDULE.accepts({ kind: 'constant', decay: undefined })).toBe(true);
  });

  it.each(SCHEDULES)(
    '$kind rises linearly over the steps of a warm-up, and then goes on as without one',
    (schedule) => {
      const run = { schedule, learningRate: 0.1, steps: 100 };
      for (let step = 0; step < 100; step++) {
        const share = Math.min(1, (step + 1) / 10);
        const plain = learningRateAt(run, step);
        expect(learningRateAt({ ...run, warmup: 10 }, step)).toBeCloseTo(share * plain, 15);
      }
      expect(learningRateAt({ ...run, warmup: 10 }, 0)).toBeCloseTo(0.01, 15);
    },
  );
});
